"""What each process shows to monitors: figures from the store, and whether it really works."""
