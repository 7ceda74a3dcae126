"""The family `payments`: attempts to collect money, cards that expire, and prices that were announced."""
