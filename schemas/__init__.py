"""Contracts of every inbound and outbound record. Frozen models, no behaviour."""
