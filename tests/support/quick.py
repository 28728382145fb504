"""The product with argon2's cheapest profile, for tests that are not about hashing: `python -m tests.support.quick`."""

import sys

import argon2

from gatehouse_dev.__main__ import main


class Cheap(argon2.PasswordHasher):
    """Whatever it is told to cost."""

    def __init__(self, **_: int) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)


if __name__ == "__main__":
    argon2.PasswordHasher = Cheap  # type: ignore[assignment,misc]
    sys.exit(main([]))
