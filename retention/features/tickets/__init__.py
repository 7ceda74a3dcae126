"""The family `tickets`: what a customer asks about."""
