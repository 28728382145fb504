"""Benchmarks the start and the responses of functions against two yardsticks: `make bench`."""
