"""Tests of the built layers: `make test-built`."""
