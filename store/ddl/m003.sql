-- What a position was worth when its close was asked for: what the close cost is measured from it.
ALTER TABLE flatten_legs ADD COLUMN mark_price TEXT;

-- What exactly a request asks for.
ALTER TABLE requests ADD COLUMN body TEXT DEFAULT '{}' NOT NULL;

-- Differences of cash that two people accepted.
ALTER TABLE books ADD COLUMN accepted_usd TEXT DEFAULT '0' NOT NULL;
ALTER TABLE days ADD COLUMN accepted_usd TEXT DEFAULT '0' NOT NULL;

-- What the exchange says is accrued or under way beside the account's cash.
ALTER TABLE accounts ADD COLUMN funding_usd TEXT DEFAULT '0' NOT NULL;
ALTER TABLE accounts ADD COLUMN pending_usd TEXT DEFAULT '0' NOT NULL;

CREATE TABLE transfers (
    desk TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount_usd TEXT NOT NULL,
    counted INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_transfers PRIMARY KEY (desk, id)
) STRICT;

CREATE TABLE reconciliations (
    desk TEXT NOT NULL,
    looked_at INTEGER NOT NULL,
    clean INTEGER NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT pk_reconciliations PRIMARY KEY (desk)
) STRICT;

CREATE TABLE discrepancies (
    desk TEXT NOT NULL,
    id TEXT NOT NULL,
    what TEXT NOT NULL,
    product_id TEXT,
    says TEXT NOT NULL,
    explanation TEXT NOT NULL,
    figures TEXT NOT NULL,
    since INTEGER NOT NULL,
    CONSTRAINT pk_discrepancies PRIMARY KEY (desk, id)
) STRICT;

CREATE TABLE accepted (
    desk TEXT NOT NULL,
    seq INTEGER NOT NULL,
    discrepancy TEXT NOT NULL,
    what TEXT NOT NULL,
    product_id TEXT,
    says TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    cost_usd TEXT NOT NULL,
    cash_usd TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_accepted PRIMARY KEY (desk, seq)
) STRICT;

-- What the product was worth when an order was sent: its slippage is measured from it.
ALTER TABLE orders ADD COLUMN mark_price TEXT;

-- What two people have approved and no file may loosen: who may do what, and each desk's limits.
CREATE TABLE approved (
    what TEXT NOT NULL,
    body TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_approved PRIMARY KEY (what)
) STRICT;

ALTER TABLE requests ADD COLUMN seen TEXT DEFAULT '{}' NOT NULL;

-- Refused attempts in a row, by voice; and wrong one-time codes in a row, which make a person's codes wait.
CREATE TABLE refused_attempts (
    voice TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    since INTEGER NOT NULL,
    told INTEGER NOT NULL,
    CONSTRAINT pk_refused_attempts PRIMARY KEY (voice)
) STRICT;

CREATE TABLE wrong_codes (
    person TEXT NOT NULL,
    in_a_row INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    CONSTRAINT pk_wrong_codes PRIMARY KEY (person)
) STRICT;

-- Until when the intraday margin applies.
CREATE TABLE margin_windows (
    desk TEXT NOT NULL,
    intraday INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_margin_windows PRIMARY KEY (desk)
) STRICT;

-- Which figures are on their way to a limit, and how far.
CREATE TABLE danger_steps (
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    level INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_danger_steps PRIMARY KEY (desk, rule, symbol)
) STRICT;
