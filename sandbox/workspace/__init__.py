"""A Slack on loopback: Web API, Socket Mode, interactivity, a page for people, and faults."""
