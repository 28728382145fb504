"""Stream events: every write to a table reaches the functions that listen, soon after it."""

import threading
from typing import Self

from botocore.exceptions import BotoCoreError, ClientError

from gatehouse_dev import console
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.delivery import Delivery
from gatehouse_dev.filters import wanted
from gatehouse_dev.functions import Fleet
from gatehouse_dev.model import StreamSource
from gatehouse_dev.records import Reader
from gatehouse_dev.template import Template

ENDPOINT_POLL_SECONDS = 0.1
EMBEDDED_POLL_SECONDS = 2.0
STOP_SECONDS = 1.0


class Pump:
    """Bring the records of one table to one function, in order."""

    def __init__(self, cloud: Cloud, fleet: Fleet, function: str, source: StreamSource) -> None:
        self.source = source
        self._function = function
        self._fleet = fleet
        self._reader = Reader(cloud, source.table)
        self._name = cloud.table_name(source.table).encode()
        self._poll = ENDPOINT_POLL_SECONDS if cloud.endpoint else EMBEDDED_POLL_SECONDS
        self._bell = threading.Event()
        self._stopped = threading.Event()
        self._one_delivery = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"stream to {function}", daemon=True)
        cloud.on_write(self._ring)

    def start(self) -> None:
        """Deliver from now on, after every write."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the delivery under way if it ends soon."""
        self._stopped.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def deliver(self) -> bool:
        """Bring what is new; answer whether there was anything."""
        with self._one_delivery:
            records = self._reader.new()
            pause = self._stopped.wait
            delivery = Delivery(function=self._function, source=self.source, invoke=self._fleet.invoke, pause=pause)
            delivery.bring([record for record in records if wanted(self.source.filters, record)])
            return bool(records)

    def _ring(self, request: bytes) -> None:
        if self._name in request:
            self._bell.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._bell.wait(self._poll)
            self._bell.clear()
            try:
                self.deliver()
            except (BotoCoreError, ClientError) as error:
                console.trouble(f"the stream of {self.source.table} cannot be read: {error}")
                self._stopped.wait(1)


class Streams:
    """All stream events of a template; entered, they flow by themselves."""

    def __init__(self, cloud: Cloud, fleet: Fleet) -> None:
        self._cloud = cloud
        self._fleet = fleet
        self._flowing = False
        self._pumps: dict[tuple[str, str], Pump] = {}
        self.follow(cloud.template)

    def __enter__(self) -> Self:
        self._flowing = True
        for pump in self._pumps.values():
            pump.start()
        return self

    def __exit__(self, *_: object) -> None:
        for pump in self._pumps.values():
            pump.stop()

    def follow(self, template: Template) -> None:
        """Go on with an edited template; whoever stays keeps its place in the stream."""
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
                self._pumps[key] = Pump(self._cloud, self._fleet, key[0], source)
                if self._flowing:
                    self._pumps[key].start()

    def deliver(self) -> None:
        """Bring everything now, and what comes of it, until all is quiet: for tests that do not wait."""
        while sum(pump.deliver() for pump in self._pumps.values()):
            pass
