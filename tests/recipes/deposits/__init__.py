"""The family `deposits`, a throw-away one, as an author adds it by CONTRIBUTING.md."""
