"""Concurrent calls, and waiting for a condition."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep


def run_concurrently[Argument, Result](
    function: Callable[[Argument], Result], arguments: Iterable[Argument]
) -> list[Result]:
    """Call `function` with each argument, all at the same time, and return the results."""
    all_arguments = list(arguments)
    barrier = Barrier(len(all_arguments))

    def run(argument: Argument) -> Result:
        barrier.wait()
        return function(argument)

    with ThreadPoolExecutor(len(all_arguments)) as pool:
        return list(pool.map(run, all_arguments))


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until the condition is true; AssertionError after `seconds`."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)
