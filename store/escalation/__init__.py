"""escalation.yaml, the one file an operator edits: each section by itself, and the file as a whole."""
