"""Handles every event, and every customer that is due. It knows the registers, and no family by name."""
