"""Figures that nobody reports, because something is missing, slow or slowly getting worse."""
