"""The code that all functions share. `tests/architecture/test_imports.py` lists the allowed imports."""
