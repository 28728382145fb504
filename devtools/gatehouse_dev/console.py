"""What a person at the terminal sees."""

import sys
import traceback


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def trouble(headline: str, error: BaseException | None = None) -> None:
    """Tell what went wrong; of an error, the part of its traceback that is the function's own."""
    lines = traceback.format_exception(error) if error else []
    sys.stderr.write(f"\n!! {headline}\n{''.join(lines)}\n")
    sys.stderr.flush()
