"""The family `privacy`: customers who are to be forgotten. Nothing is folded: they are erased (`agents/erasure.py`)."""
