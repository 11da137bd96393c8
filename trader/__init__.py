"""The trading process: a guard (parent) and the trading loop (its child)."""
