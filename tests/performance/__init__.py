"""How fast functions start and answer, beside two yardsticks: `make bench`."""
