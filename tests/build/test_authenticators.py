"""The pages' list of authenticators."""

from gatehouse_dev import authenticators


def test_the_list_is_that_of_the_package() -> None:
    """`make authenticators` updates it."""
    assert authenticators.FILE.read_text(encoding="utf-8") == authenticators.content()
    assert '"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4":"Google Password Manager"' in authenticators.content()
