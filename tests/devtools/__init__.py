"""What a developer runs: the service, its cloud and its tools; `gatehouse_dev`."""
