"""Examines what stands beside the workers: topics of sources, the registry, dead letters, webhooks and the console."""
