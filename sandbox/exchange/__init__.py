"""A Coinbase Advanced Trade for US perpetual-style futures: REST, sockets, matching and control."""
