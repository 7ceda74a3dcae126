"""What it means: customers, signals, movements and figures. Pure: no I/O, no clock, no randomness."""
