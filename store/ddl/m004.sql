CREATE TABLE equity_samples (
    desk TEXT NOT NULL,
    at INTEGER NOT NULL,
    opening_cash_usd TEXT NOT NULL,
    transfers_usd TEXT NOT NULL,
    realised_usd TEXT NOT NULL,
    unrealised_usd TEXT NOT NULL,
    funding_usd TEXT NOT NULL,
    fees_usd TEXT NOT NULL,
    accepted_usd TEXT NOT NULL,
    oldest_mark_at INTEGER,
    CONSTRAINT pk_equity_samples PRIMARY KEY (desk, at)
) STRICT;

CREATE TABLE mark_samples (
    desk TEXT NOT NULL,
    product_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    price TEXT NOT NULL,
    contracts INTEGER NOT NULL,
    realised_usd TEXT NOT NULL,
    unrealised_usd TEXT NOT NULL,
    funding_usd TEXT NOT NULL,
    fees_usd TEXT NOT NULL,
    CONSTRAINT pk_mark_samples PRIMARY KEY (desk, product_id, at)
) STRICT;

CREATE TABLE incidents (
    id TEXT NOT NULL,
    desk TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    assignee TEXT,
    closed_by TEXT,
    closed_at INTEGER,
    published_at INTEGER,
    CONSTRAINT pk_incidents PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_events_at ON events (desk, at);

CREATE INDEX ix_incidents_open ON incidents (desk) WHERE state = 'open';

CREATE TABLE alert_facts (
    seq INTEGER NOT NULL,
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    level INTEGER,
    text TEXT NOT NULL,
    drill INTEGER NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_alert_facts PRIMARY KEY (seq)
) STRICT;

CREATE INDEX ix_alert_facts_urgent ON alert_facts (desk, rule, symbol) WHERE level = 4;

CREATE TABLE alerts (
    id TEXT NOT NULL,
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    state TEXT NOT NULL,
    level INTEGER NOT NULL,
    peak INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    due INTEGER,
    version INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT pk_alerts PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_alerts_due ON alerts (due) WHERE due IS NOT NULL;

CREATE INDEX ix_alerts_identity ON alerts (desk, rule, symbol, opened_at);

CREATE INDEX ix_alerts_to_show ON alerts (desk) WHERE shown = 0;

CREATE UNIQUE INDEX ux_alerts_open ON alerts (desk, rule, symbol) WHERE state != 'resolved';

CREATE TABLE alert_history (
    seq INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor TEXT NOT NULL,
    said TEXT NOT NULL,
    did TEXT NOT NULL,
    CONSTRAINT pk_alert_history PRIMARY KEY (seq)
) STRICT;

CREATE INDEX ix_alert_history_alert ON alert_history (alert_id);

CREATE TABLE alert_policies (
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_alert_policies PRIMARY KEY (hash)
) STRICT;

CREATE TABLE alert_arrangements (
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_alert_arrangements PRIMARY KEY (seq)
) STRICT;

CREATE TABLE alert_heard (
    desk TEXT NOT NULL,
    seq INTEGER NOT NULL,
    CONSTRAINT pk_alert_heard PRIMARY KEY (desk)
) STRICT;

CREATE TABLE alert_acts (
    "key" TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    desk TEXT NOT NULL,
    action TEXT NOT NULL,
    at INTEGER NOT NULL,
    done_at INTEGER,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_alert_acts PRIMARY KEY ("key")
) STRICT;

CREATE INDEX ix_alert_acts_waiting ON alert_acts (at) WHERE done_at IS NULL;

CREATE TABLE alert_checklist (
    alert_id TEXT NOT NULL,
    item TEXT NOT NULL,
    ticked_by TEXT NOT NULL,
    ticked_at INTEGER NOT NULL,
    CONSTRAINT pk_alert_checklist PRIMARY KEY (alert_id, item)
) STRICT;

CREATE TABLE silences (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    max_level INTEGER NOT NULL,
    CONSTRAINT pk_silences PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_silences_ends ON silences (ends);

CREATE TABLE overrides (
    command TEXT NOT NULL,
    part INTEGER NOT NULL,
    duty TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    person TEXT,
    instead_of TEXT,
    CONSTRAINT pk_overrides PRIMARY KEY (command, part)
) STRICT;

CREATE INDEX ix_overrides_ends ON overrides (ends);

CREATE TABLE outbox (
    "key" TEXT NOT NULL,
    desk TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    person TEXT NOT NULL,
    "by" TEXT NOT NULL,
    kind TEXT NOT NULL,
    why TEXT NOT NULL,
    level INTEGER NOT NULL,
    late_s INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    message TEXT NOT NULL,
    sending_at INTEGER,
    unknown INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    ended_at INTEGER,
    outcome TEXT NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY ("key")
) STRICT;

CREATE INDEX ix_outbox_alert ON outbox (alert_id);

CREATE INDEX ix_outbox_ended ON outbox (ended_at) WHERE outcome = 'sent';

CREATE INDEX ix_outbox_waiting ON outbox (level, since) WHERE ended_at IS NULL;

CREATE TABLE digests (
    desk TEXT NOT NULL,
    day TEXT NOT NULL,
    posting TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    posted_at INTEGER,
    CONSTRAINT pk_digests PRIMARY KEY (desk, day)
) STRICT;
