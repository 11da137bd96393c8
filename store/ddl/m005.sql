CREATE TABLE vitals (
    desk TEXT NOT NULL,
    process TEXT NOT NULL,
    name TEXT NOT NULL,
    symbol TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_vitals PRIMARY KEY (desk, process, name, symbol)
) STRICT;
CREATE TABLE on_duty (
    seq INTEGER NOT NULL,
    people TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_on_duty PRIMARY KEY (seq)
) STRICT;
ALTER TABLE outbox ADD COLUMN receipt TEXT DEFAULT '' NOT NULL;
CREATE INDEX ix_outbox_provider ON outbox (provider_id) WHERE provider_id != '';
CREATE TABLE stopped_contacts (
    address TEXT NOT NULL,
    person TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_stopped_contacts PRIMARY KEY (address)
) STRICT;
ALTER TABLE outbox ADD COLUMN rule TEXT DEFAULT '' NOT NULL;
UPDATE outbox SET rule = coalesce((SELECT rule FROM alerts WHERE alerts.id = outbox.alert_id), '');
CREATE INDEX ix_outbox_to ON outbox (person, by, rule) WHERE ended_at IS NULL;
DROP INDEX ix_outbox_waiting;
CREATE INDEX ix_outbox_waiting ON outbox (level DESC, since) WHERE ended_at IS NULL;
CREATE TABLE posted_alerts (
    desk TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    CONSTRAINT pk_posted_alerts PRIMARY KEY (desk, rule, symbol)
) STRICT;
CREATE INDEX ix_posted_alerts_ends_at ON posted_alerts (ends_at);
