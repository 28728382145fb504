"""Watch code and template for changes."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

from watchfiles import Change, DefaultFilter, watch

QUIET_MS = 150
STOP_CHECK_MS = 500


class FileWatcher:
    """Calls back after changes, in a thread of its own.

    The template's folder is watched, not the file: editors replace files.
    """

    def __init__(self, template: Path, folders: Iterable[Path], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._stopped = threading.Event()
        self._one_call = threading.Lock()

        def is_template(_: Change, path: str) -> bool:
            return Path(path).name == template.name

        existing = [folder for folder in folders if folder.is_dir()]
        self._threads = [
            threading.Thread(target=self._watch, args=(existing, DefaultFilter(), True), daemon=True),
            threading.Thread(target=self._watch, args=([template.parent], is_template, False), daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def _watch(self, paths: list[Path], wanted: Callable[[Change, str], bool], recursive: bool) -> None:  # noqa: FBT001  # one of a thread's args
        if not paths:
            return
        changes = watch(
            *paths,
            watch_filter=wanted,
            recursive=recursive,
            debounce=QUIET_MS,
            step=QUIET_MS // 3,
            rust_timeout=STOP_CHECK_MS,
            stop_event=self._stopped,
            raise_interrupt=False,
        )
        for _ in changes:
            with self._one_call:
                self._changed()
