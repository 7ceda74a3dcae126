"""The family `carts`: the contents of carts, and what became of them."""
