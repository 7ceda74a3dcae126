"""Speed, measured: each script prints what it measured, and docs/performance.md keeps it with its date."""
