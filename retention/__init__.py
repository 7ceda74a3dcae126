"""Turns events into customers, signals, movements and figures. Pure: no I/O, no clock, no randomness."""
