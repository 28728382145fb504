"""Tests of a public UI kit with the service."""
