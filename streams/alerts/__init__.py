"""Alerting rules for Prometheus: a template for one deployment, and what fills it in."""
