"""Webhooks: parts, and the process against a real listener."""
