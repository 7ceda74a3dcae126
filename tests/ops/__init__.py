"""Tests with Prometheus, promtool and Chromium from the system. Marked `ops`; `.ci/run` installs them."""
