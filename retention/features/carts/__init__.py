"""The family `carts`: what customers were about to buy."""
