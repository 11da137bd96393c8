"""Alerts in Slack: one message for each, edited in place, its history in the thread."""
