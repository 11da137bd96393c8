"""The facts: the only SQL, the gate's page and lock, and the wake-ups between processes."""
