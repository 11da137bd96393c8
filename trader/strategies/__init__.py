"""Strategies: each one small file, pure: prices in, a wish out."""
