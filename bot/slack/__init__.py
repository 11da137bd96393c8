"""The desk in Slack: who may speak, what they typed or pressed, and what is shown to them."""
