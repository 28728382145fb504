"""Messages to the terminal."""

import sys
import traceback


def say(text: str) -> None:
    """Print a line without buffering."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def report_error(headline: str, error: BaseException | None = None) -> None:
    """Print an error with its traceback."""
    lines = traceback.format_exception(error) if error else []
    sys.stderr.write(f"\n!! {headline}\n{''.join(lines)}\n")
    sys.stderr.flush()
