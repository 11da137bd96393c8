"""The product seen from outside: processes, sockets and what is printed; nothing of it is imported."""
