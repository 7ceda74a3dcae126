"""The explanation of one customer: what came, how it stands, its open signals, what would end them, and its card."""
