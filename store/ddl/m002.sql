CREATE TABLE slack_posts (
    "key" TEXT NOT NULL,
    desk TEXT NOT NULL,
    channel TEXT NOT NULL,
    ts TEXT,
    shown TEXT NOT NULL,
    final INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    CONSTRAINT pk_slack_posts PRIMARY KEY ("key")
) STRICT;

CREATE INDEX ix_slack_posts_unfinished ON slack_posts (desk) WHERE final = 0;

CREATE TABLE limits_in_force (
    desk TEXT NOT NULL,
    profile TEXT NOT NULL,
    limits TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT pk_limits_in_force PRIMARY KEY (desk)
) STRICT;

CREATE INDEX ix_requests_asked_at ON requests (asked_at);

ALTER TABLE flatten_jobs ADD COLUMN product_ids TEXT DEFAULT '' NOT NULL;

CREATE INDEX ix_orders_updated_at ON orders (desk, updated_at);
