"""Answers shown in a terminal."""
