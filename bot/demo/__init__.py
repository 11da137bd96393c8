"""The demo: an exchange, a Slack, a trader and a bot on this machine, with nothing to sign up for."""
