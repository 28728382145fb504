"""The yardstick: a function with as little as it takes."""
