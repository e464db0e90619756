"""Builds the images: `python -m local.images`. The Makefile calls it."""
