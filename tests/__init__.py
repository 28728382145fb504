"""All tests of Gatehouse."""
