"""Messages to the terminal."""

import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import TextIO

FRAME = '  File "'
PACKAGES = ("site-packages", f"{os.sep}lib{os.sep}python3")
RED, GREEN, YELLOW, CYAN = 31, 32, 33, 36


def say(text: str) -> None:
    """Print a line without buffering."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def report_error(headline: str, error: BaseException | str | None = None) -> None:
    """Print an error with its traceback, which may be a text already."""
    text = error if isinstance(error, str) else "".join(traceback.format_exception(error) if error else ())
    lines = _without_packages(text.splitlines())
    sys.stderr.write(f"\n{coloured(f'!! {headline}', RED, sys.stderr)}\n{''.join(f'{line}\n' for line in lines)}\n")
    sys.stderr.flush()


def coloured(text: str, colour: int, stream: TextIO) -> str:
    """Return a text in a colour, if the stream is a terminal and NO_COLOR is not set (https://no-color.org)."""
    return f"\x1b[{colour}m{text}\x1b[0m" if stream.isatty() and not os.environ.get("NO_COLOR") else text


def printable(text: str) -> str:
    """Return a text of users without characters that control a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _without_packages(lines: Iterable[str]) -> Iterator[str]:
    """Yield a traceback with the calls between functions of packages left out, but for the last one."""
    omitted: list[list[str]] = []
    is_omitted = False
    for line in lines:
        if line.startswith(FRAME):
            is_omitted = any(folder in line for folder in PACKAGES)
            if is_omitted:
                omitted.append([line])
                continue
        elif is_omitted and line.startswith("    "):
            omitted[-1].append(line)
            continue
        yield from _summary(omitted, with_last=not line.startswith(FRAME))
        omitted, is_omitted = [], False
        yield line
    yield from _summary(omitted, with_last=True)


def _summary(omitted: list[list[str]], *, with_last: bool) -> Iterator[str]:
    if skipped := len(omitted) - with_last if omitted else 0:
        yield f"  … {skipped} calls in packages"
    if omitted and with_last:
        yield from omitted[-1]
