"""An emulator of AWS from PyPI (ministack), completed where the template needs what it lacks.

It runs in an environment of its own, .venv-emulator: `python -m gatehouse_dev.emulator`. These modules replace private
parts of the pinned version, and know nothing of Gatehouse (docs/adr/0035-a-stage-that-is-no-account.md).
"""
