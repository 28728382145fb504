"""Gatehouse on a developer's machine: the template, a local API Gateway and an embedded cloud."""
