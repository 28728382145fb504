"""What deploys, rather than what it is made from: `make test-built`."""
