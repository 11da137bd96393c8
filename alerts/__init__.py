"""The process that speaks first. Its rules, outbox and escalation arrive with their own slice."""
