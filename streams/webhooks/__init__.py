"""Delivers outputs to the endpoints of the settings, as Standard Webhooks: the work of `backstay webhooks`."""
