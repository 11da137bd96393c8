"""Each provider asked as its documentation says, and each of its answers read."""
