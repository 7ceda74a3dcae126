"""The tests: pure logic first, then the embedded broker, then Apache Kafka and Prometheus (marked)."""
