"""The family `cancellations`: requests to cancel, their revocations, and ends. They change subscriptions."""
