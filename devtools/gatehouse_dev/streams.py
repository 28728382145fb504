"""Deliver every write to a table to the functions that listen to its stream."""

import threading
from typing import Self

from gatehouse_dev import console
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.delivery import Delivery
from gatehouse_dev.filters import any_matches
from gatehouse_dev.functions import FunctionPools
from gatehouse_dev.model import StreamSource
from gatehouse_dev.stream_records import StreamReader
from gatehouse_dev.template import Template

ENDPOINT_POLL_SECONDS = 0.1
EMBEDDED_POLL_SECONDS = 2.0
STOP_SECONDS = 1.0


class StreamPump:
    """Delivers the records of one table to one function, in order."""

    def __init__(self, cloud: Cloud, fleet: FunctionPools, function: str, source: StreamSource) -> None:
        self.source = source
        self._function = function
        self._fleet = fleet
        self._reader = StreamReader(cloud, source.table)
        self._name = cloud.table_name(source.table).encode()
        self._poll = ENDPOINT_POLL_SECONDS if cloud.endpoint else EMBEDDED_POLL_SECONDS
        self._bell = threading.Event()
        self._stopped = threading.Event()
        self._one_delivery = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"stream to {function}", daemon=True)
        cloud.on_write(self._wake)

    def start(self) -> None:
        """Deliver from now on, after every write."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the delivery in progress if it ends soon."""
        self._stopped.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def deliver(self) -> bool:
        """Deliver new records; returns whether any was handled. The others are delivered by the next call."""
        with self._one_delivery:
            new = self._reader.read_new()
            wanted = [number for number, one in enumerate(new) if any_matches(self.source.filters, one.record)]
            pause = self._stopped.wait
            delivery = Delivery(function=self._function, source=self.source, invoke=self._fleet.invoke, pause=pause)
            delivered = delivery.deliver([new[number].record for number in wanted])
            handled = new[: wanted[delivered]] if delivered < len(wanted) else new
            self._reader.advance(handled)
            return bool(handled)

    def _wake(self, request: bytes) -> None:
        if self._name in request:
            self._bell.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._bell.wait(self._poll)
            self._bell.clear()
            try:
                self.deliver()
            except Exception as error:  # noqa: BLE001 -- without this thread no record would arrive any more
                console.report_error(f"the stream of {self.source.table} cannot be read: {error}")
                self._stopped.wait(1)


class Streams:
    """All stream events of a template; they are delivered while entered."""

    def __init__(self, cloud: Cloud, fleet: FunctionPools) -> None:
        self._cloud = cloud
        self._fleet = fleet
        self._flowing = False
        self._pumps: dict[tuple[str, str], StreamPump] = {}
        self.update(cloud.template)

    def __enter__(self) -> Self:
        self._flowing = True
        for pump in self._pumps.values():
            pump.start()
        return self

    def __exit__(self, *_: object) -> None:
        for pump in self._pumps.values():
            pump.stop()

    def update(self, template: Template) -> None:
        """Switch to an edited template; unchanged functions keep their position in the stream."""
        sources = {
            (function.name, source.table): source
            for function in template.functions.values()
            for source in function.streams
        }
        for key in self._pumps.keys() - sources.keys():
            self._pumps.pop(key).stop()
        for key, source in sources.items():
            if key in self._pumps:
                self._pumps[key].source = source
            else:
                self._pumps[key] = StreamPump(self._cloud, self._fleet, key[0], source)
                if self._flowing:
                    self._pumps[key].start()

    def deliver(self) -> None:
        """Deliver all records now: for tests, which do not wait."""
        while sum(pump.deliver() for pump in self._pumps.values()):
            pass
