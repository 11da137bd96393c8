-- What a position was worth when its close was asked for: what the close cost is measured from it.
ALTER TABLE flatten_legs ADD COLUMN mark_price TEXT;
