-- The tables as migration 1 made them. Written once; later migrations change them.

CREATE TABLE accounts (
    desk TEXT NOT NULL,
    cash_usd TEXT NOT NULL,
    unrealised_usd TEXT NOT NULL,
    initial_margin_usd TEXT NOT NULL,
    available_margin_usd TEXT NOT NULL,
    liquidation_buffer_pct TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (desk)
) STRICT;

CREATE TABLE books (
    desk TEXT NOT NULL,
    opening_cash_usd TEXT NOT NULL,
    transfers_usd TEXT NOT NULL,
    high_water_usd TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    CONSTRAINT pk_books PRIMARY KEY (desk)
) STRICT;

CREATE TABLE commands (
    id TEXT NOT NULL,
    desk TEXT NOT NULL,
    verb TEXT NOT NULL,
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT,
    CONSTRAINT pk_commands PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_commands_waiting ON commands (desk, at) WHERE outcome IS NULL;

CREATE TABLE constraints (
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT pk_constraints PRIMARY KEY (desk, rule)
) STRICT;

CREATE TABLE control (
    desk TEXT NOT NULL,
    mode INTEGER NOT NULL,
    effective INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_control PRIMARY KEY (desk)
) STRICT;

CREATE TABLE days (
    desk TEXT NOT NULL,
    day TEXT NOT NULL,
    opening_cash_usd TEXT NOT NULL,
    transfers_usd TEXT NOT NULL,
    realised_usd TEXT NOT NULL,
    unrealised_usd TEXT NOT NULL,
    funding_usd TEXT NOT NULL,
    fees_usd TEXT NOT NULL,
    peak_equity_usd TEXT NOT NULL,
    equity_usd TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_days PRIMARY KEY (desk, day)
) STRICT;

CREATE TABLE events (
    desk TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,
    mac TEXT NOT NULL,
    CONSTRAINT pk_events PRIMARY KEY (desk, seq)
) STRICT;

CREATE TABLE exchange_positions (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    average_price TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_exchange_positions PRIMARY KEY (desk, product_id)
) STRICT;

CREATE TABLE fills (
    desk TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    client_order_id TEXT,
    product_id TEXT NOT NULL,
    side TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    price TEXT NOT NULL,
    fee TEXT NOT NULL,
    maker INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_fills PRIMARY KEY (desk, entry_id)
) STRICT;

CREATE INDEX ix_fills_at ON fills (desk, at);

CREATE TABLE flatten_jobs (
    id TEXT NOT NULL,
    desk TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    taken_at INTEGER,
    ended_at INTEGER,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_flatten_jobs PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_flatten_jobs_open ON flatten_jobs (desk) WHERE ended_at IS NULL;

CREATE TABLE funding (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    contracts INTEGER NOT NULL,
    price TEXT NOT NULL,
    rate TEXT NOT NULL,
    amount_usd TEXT NOT NULL,
    CONSTRAINT pk_funding PRIMARY KEY (desk, product_id, at)
) STRICT;

CREATE TABLE heartbeats (
    desk TEXT NOT NULL,
    process TEXT NOT NULL,
    pid INTEGER NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_heartbeats PRIMARY KEY (desk, process)
) STRICT;

CREATE TABLE marks (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    price TEXT NOT NULL,
    bid TEXT NOT NULL,
    ask TEXT NOT NULL,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_marks PRIMARY KEY (desk, product_id)
) STRICT;

CREATE TABLE migrations (
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_migrations PRIMARY KEY (number)
) STRICT;

CREATE TABLE orders (
    client_order_id TEXT NOT NULL,
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    order_type TEXT NOT NULL,
    limit_price TEXT NOT NULL,
    stop_price TEXT,
    end_time INTEGER,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    order_id TEXT,
    filled INTEGER NOT NULL,
    detail TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (client_order_id)
) STRICT;

CREATE INDEX ix_orders_created_at ON orders (desk, created_at);

CREATE INDEX ix_orders_live ON orders (desk, state, created_at) WHERE state IN ('cancelling', 'reserved', 'unknown', 'working');

CREATE INDEX ix_orders_order_id ON orders (order_id);

CREATE TABLE positions (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    contract_size TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    cost TEXT NOT NULL,
    realised_usd TEXT NOT NULL,
    fees_usd TEXT NOT NULL,
    funding_usd TEXT NOT NULL,
    CONSTRAINT pk_positions PRIMARY KEY (desk, product_id)
) STRICT;

CREATE TABLE products (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    name TEXT NOT NULL,
    underlying TEXT NOT NULL,
    contract_size TEXT NOT NULL,
    price_increment TEXT NOT NULL,
    min_contracts INTEGER NOT NULL,
    max_contracts INTEGER NOT NULL,
    session_open INTEGER NOT NULL,
    trading_disabled INTEGER NOT NULL,
    cancel_only INTEGER NOT NULL,
    post_only INTEGER NOT NULL,
    view_only INTEGER NOT NULL,
    funding_rate TEXT,
    funding_time INTEGER,
    long_margin_rate TEXT NOT NULL,
    short_margin_rate TEXT NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (desk, product_id)
) STRICT;

CREATE TABLE reads (
    desk TEXT NOT NULL,
    what TEXT NOT NULL,
    ok_at INTEGER,
    failed_at INTEGER,
    error TEXT NOT NULL,
    CONSTRAINT pk_reads PRIMARY KEY (desk, what)
) STRICT;

CREATE TABLE requests (
    id TEXT NOT NULL,
    desk TEXT NOT NULL,
    action TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    requester TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    execute_before INTEGER,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_requests PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_requests_open ON requests (desk) WHERE state IN ('asked', 'confirmed');

CREATE TABLE used_codes (
    person TEXT NOT NULL,
    step INTEGER NOT NULL,
    CONSTRAINT pk_used_codes PRIMARY KEY (person)
) STRICT;

CREATE TABLE flatten_legs (
    job_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    state TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    detail TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT pk_flatten_legs PRIMARY KEY (job_id, product_id),
    CONSTRAINT fk_flatten_legs_flatten_jobs FOREIGN KEY(job_id) REFERENCES flatten_jobs (id)
) STRICT;
