"""Tests on Apache Kafka 4.1: transactions, kills, rebalances. Marked `kafka`; `.ci/run` fetches the jars."""
