"""The recipes of CONTRIBUTING.md, carried out: what they say must work."""
