"""Everything that knows Coinbase: its SDK, its wire, its payloads and its feeds."""
