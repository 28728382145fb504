"""Tests of `gatehouse doctor`."""
