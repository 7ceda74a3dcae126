"""The family `usage`: what a customer does with the product."""
