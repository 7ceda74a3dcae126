"""Counts and shows dead letters, sends them again, and drops them: the work of `backstay dead-letters`."""
