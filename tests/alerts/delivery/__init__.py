"""Messages on their way: what is sent, tried again, told another way, and never twice."""
