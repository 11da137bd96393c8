"""Reports as files: text, figures and a picture, written into the home."""
