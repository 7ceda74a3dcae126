"""The family `reference`: facts of the whole company."""
