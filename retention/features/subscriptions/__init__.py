"""The families `subscriptions` and `cancellations`: what a customer pays for, and until when."""
