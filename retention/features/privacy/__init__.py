"""The family `privacy`: erasure requests. They have no fold: the customer is erased (`agents/erasure.py`)."""
