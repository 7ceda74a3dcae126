"""The family `purchases`: orders, and the time in which they make an active customer."""
