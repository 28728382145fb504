"""Many people at once; not part of `make test`."""
