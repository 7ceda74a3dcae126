"""The recipes of CONTRIBUTING.md, carried out, so that they are known to work."""
