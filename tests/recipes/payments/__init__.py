"""The family `payments`, a throw-away one, as an author adds it by CONTRIBUTING.md."""
