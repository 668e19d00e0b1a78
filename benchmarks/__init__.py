"""Speed claims, each reproducible with one command: `python -m benchmarks.NAME`."""
