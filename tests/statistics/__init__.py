"""What only many measurements tell; not part of `make test`."""
