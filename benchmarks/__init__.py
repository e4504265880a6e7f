"""Speed and memory beside what a user would otherwise run: ``python -m benchmarks``."""
