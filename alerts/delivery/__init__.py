"""Delivery: what waits in the outbox is sent, and what came of it is recorded."""
