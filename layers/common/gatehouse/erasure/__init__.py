"""Erasing what deleted users left."""

from gatehouse.erasure.flows import Erasure, erase

__all__ = ["Erasure", "erase"]
