"""Benchmarks of speed and memory against alternative tools: ``python -m benchmarks``."""
