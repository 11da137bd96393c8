"""The outside world on this machine: a Coinbase that runs on loopback."""
