"""A function as the manuals of its packages show it."""
