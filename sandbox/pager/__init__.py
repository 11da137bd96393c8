"""The providers that reach people outside of Slack, and the people's ringing phones."""
