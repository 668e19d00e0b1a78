"""Speed claims, each reproducible with one command."""
