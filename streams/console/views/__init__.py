"""The views: pure functions from the tables, and a time, to documents. Nothing here reads a topic or the clock."""
