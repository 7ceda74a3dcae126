"""How records flow: Faust, Kafka, Prometheus, HTTP, the clock and the environment. The only floor that knows them."""
