"""Lets records flow. The only floor that knows Faust, Kafka, Prometheus, HTTP, the clock and the environment."""
