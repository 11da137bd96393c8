"""Alerts as rows: facts that raise them, what people did with them, and what has to be told to whom."""
