"""What all functions of Gatehouse share. Imports point one way; `tests/test_architecture.py` says which."""
