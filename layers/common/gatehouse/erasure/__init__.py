"""Erase the data of deleted users."""

from gatehouse.erasure.flows import Erasure, erase

__all__ = ["Erasure", "erase"]
