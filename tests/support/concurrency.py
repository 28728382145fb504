"""Many at once, and waiting for what others do."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep


def run_concurrently[Given, Got](act: Callable[[Given], Got], each: Iterable[Given]) -> list[Got]:
    """What `act` answers for each, all begun at the same moment."""
    waiting = list(each)
    gate = Barrier(len(waiting))

    def run(given: Given) -> Got:
        gate.wait()
        return act(given)

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something to come true, however busy the machine is; AssertionError if it never does."""
    deadline = monotonic() + seconds
    while not true():
        assert monotonic() < deadline
        sleep(0.01)
