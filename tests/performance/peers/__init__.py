"""How we stand beside others who do the same."""
