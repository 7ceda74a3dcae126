"""Compiles a wheel of Backstay. Nothing here is installed, and nothing here imports the product."""
