"""Gatehouse on a laptop: the template, a local API Gateway and an embedded cloud."""
