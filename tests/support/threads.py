"""Many at once, and waiting for what others do."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep

_PATIENCE = 60  # seconds, for a machine that is busy with other things


def at_once[Given, Got](act: Callable[[Given], Got], each: Iterable[Given]) -> list[Got]:
    """What `act` answers for each, all begun at the same moment."""
    waiting = list(each)
    gate = Barrier(len(waiting))

    def run(given: Given) -> Got:
        gate.wait()
        return act(given)

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))


def wait_until(is_true: Callable[[], object], seconds: float = _PATIENCE) -> None:
    """Return as soon as something is true; AssertionError when it never is."""
    deadline = monotonic() + seconds
    while not is_true():
        assert monotonic() < deadline, f"not true within {seconds} seconds"
        sleep(0.01)
