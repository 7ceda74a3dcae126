"""Turns records of other systems into events of the catalogue: pure functions, one file or folder a source."""
