"""The family `customers`: what a company says of its customers."""
