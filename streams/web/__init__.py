"""The web side of a worker."""
