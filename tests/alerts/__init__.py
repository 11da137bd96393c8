"""The process that speaks first, and what it says."""
