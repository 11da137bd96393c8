"""Twilio's REST API for text messages and calls, and what it asks of the app."""
