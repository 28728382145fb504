"""Load the functions of the template from their folders, and invoke them as Lambda does."""

import asyncio
import importlib
import itertools
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from gatehouse_dev import console
from gatehouse_dev.context import LambdaContext, context_for
from gatehouse_dev.model import Function
from gatehouse_dev.template import Template
from gatehouse_dev.template_file import Properties

type Handler = Callable[[Properties, LambdaContext], Any]

LAYER = "AWS::Serverless::LayerVersion"
NUMBERS = itertools.count(1)
LOADING = threading.RLock()


class FunctionFailed(Exception):  # exceptions are named for what happened
    """A function could not be loaded, or raised; the console has its traceback."""


class Instance:
    """One loaded handler, with its own event loop, for one event at a time."""

    def __init__(self, function: Function) -> None:
        self.loop = asyncio.new_event_loop()
        self.handler = _load(function)

    def __call__(self, event: Properties, context: LambdaContext) -> object:
        """Handle one event."""
        asyncio.set_event_loop(self.loop)
        try:
            return self.handler(event, context)
        finally:
            asyncio.set_event_loop(None)


class Pool:
    """Up to `limit` instances of one function; further callers wait."""

    def __init__(self, function: Function, limit: int) -> None:
        self.function = function
        self._slots = threading.BoundedSemaphore(limit)
        self._idle: deque[Instance] = deque()

    def invoke(self, event: Properties) -> object:
        """Wait for a free instance, or load one, and handle the event there."""
        with self._slots, self._reporting_failures(), self._instance() as instance:
            return instance(event, context_for(self.function))

    @contextmanager
    def _instance(self) -> Iterator[Instance]:
        try:
            instance = self._idle.pop()
        except IndexError:
            instance = Instance(self.function)
        try:
            yield instance
        finally:
            self._idle.append(instance)

    @contextmanager
    def _reporting_failures(self) -> Iterator[None]:
        try:
            yield
        except (Exception, SystemExit) as error:  # the boundary to any function
            console.report_error(f"{self.function.name} failed", error)
            raise FunctionFailed(self.function.name) from error


class FunctionPools:
    """The pools of all functions of a template, by name."""

    def __init__(self, template: Template, instances: int = 4) -> None:
        self.instances = instances
        self._layers: tuple[Path, ...] = ()
        self._pools: dict[str, Pool] = {}
        self.reload(template)

    def invoke(self, name: str, event: Properties) -> object:
        """Invoke a function and return its result; raises FunctionFailed when it has none."""
        pool = self._pools.get(name)
        if pool is None:
            raise FunctionFailed(name)
        return pool.invoke(event)

    def reload(self, template: Template) -> None:
        """Reload all functions on their next calls; calls in progress finish with the old code."""
        with LOADING:
            _unload(self._layers)
            self._layers = layer_folders(template)
            for folder in map(str, self._layers):
                if folder not in sys.path:
                    sys.path.insert(0, folder)
            importlib.invalidate_caches()
            self._pools = {name: Pool(function, self.instances) for name, function in template.functions.items()}


def layer_folders(template: Template) -> tuple[Path, ...]:
    """Return the folders that layers add to the import path: in a built layer, its folder `python`."""
    layers = [resource["Properties"] for resource in template.resources.values() if resource["Type"] == LAYER]
    folders = [(template.path.parent / layer["ContentUri"]).resolve() for layer in layers]
    return tuple(folder / "python" if (folder / "python").is_dir() else folder for folder in folders)


def missing_handlers(template: Template) -> list[str]:
    """Return the functions without a handler file."""
    return [name for name, function in template.functions.items() if not function.entry[0].is_file()]


def _load(function: Function) -> Handler:
    with LOADING:
        path, entry = function.entry
        name = f"function_{function.name}_{next(NUMBERS)}"
        spec = spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(str(path))
        module = sys.modules[name] = module_from_spec(spec)
        try:
            exec(compile(path.read_bytes(), path, "exec"), module.__dict__)  # noqa: S102  # from source: a .pyc of an edited file may be stale  # nosec B102
        except BaseException:
            del sys.modules[name]
            raise
        handler: Handler = getattr(module, entry)
        return handler


def _unload(folders: tuple[Path, ...]) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(folder in Path(file).parents for folder in folders):
            # Python would still use it after an edit in the same second with the same size.
            Path(module.__cached__ or file).with_suffix(".pyc").unlink(missing_ok=True)
            del sys.modules[name]
