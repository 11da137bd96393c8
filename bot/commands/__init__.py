"""The commands: one function each, used by the terminal and by Slack; rendering is apart."""
