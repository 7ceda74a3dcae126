"""What is done with every event and at every due instant. It knows the registers, and no family by name."""
