"""What all functions of Gatehouse share. Imports point one way; `tests/architecture/test_imports.py` says which."""
