DROP INDEX ix_outbox_to;
CREATE INDEX ix_outbox_to ON outbox (person, by, rule, due) WHERE ended_at IS NULL;
CREATE INDEX ix_outbox_message ON outbox (message) WHERE message != '';
CREATE INDEX ix_alerts_first ON alerts (desk, rule) WHERE due IS NOT NULL AND json_extract(body, '$.turn') = 0;
