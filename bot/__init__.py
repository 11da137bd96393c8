"""The process that answers people: one set of commands, shown in the terminal (and in Slack)."""
