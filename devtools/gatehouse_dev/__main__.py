"""The command `gatehouse`: `python -m gatehouse_dev`."""

from gatehouse_dev.cli import main

if __name__ == "__main__":
    main()
