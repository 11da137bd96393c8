"""The commands: one function each, used by the terminal and (later) by Slack; rendering is apart."""
