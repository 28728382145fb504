"""Many at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def at_once[Given, Got](act: Callable[[Given], Got], each: Iterable[Given]) -> list[Got]:
    """What `act` answers for each, all begun at the same moment."""
    waiting = list(each)
    gate = Barrier(len(waiting))

    def run(given: Given) -> Got:
        gate.wait()
        return act(given)

    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(run, waiting))
