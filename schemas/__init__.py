"""What is said: the contracts of every record that comes in or goes out. Frozen words, no behaviour."""
