"""How a wheel of Backstay is compiled. Nothing here is installed, and nothing here imports the product."""
