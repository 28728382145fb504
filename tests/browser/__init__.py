"""The hosted pages in a real Chromium, against the service that `make dev` runs."""
