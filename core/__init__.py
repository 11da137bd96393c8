"""The rules: pure functions and frozen values. No input or output, and `now` is always an argument."""
