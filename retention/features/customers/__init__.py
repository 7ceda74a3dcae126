"""The family `customers`: attributes that a company assigns to its customers."""
