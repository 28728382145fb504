"""What is deployed, on a file system as Lambda's: only /tmp can be written. `make test-build` runs it."""
