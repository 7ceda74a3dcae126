"""The dashboards for Grafana, and what builds them."""
