"""One file for each provider: what is sent to it, and how its answer is read."""
