"""Time, processor time and memory: medians over rounds in which everything takes its turn."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from tests.performance.child import Run, Starter, Subject

LATER = 5  # requests after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds, by the clock and of processors; and the most memory that was taken."""

    init: float
    init_cpu: float
    first: float
    first_cpu: float
    later: float
    later_cpu: float
    peak_mib: float

    @property
    def cold_cpu(self) -> float:
        """From the start to the first answer."""
        return self.init_cpu + self.first_cpu


def times(run: Run) -> Times:
    """Of one life."""
    used = [1000 * (after.cpu - before.cpu) for before, after in zip(run.moments, run.moments[1:], strict=False)]
    waited = [1000 * seconds for seconds in run.seconds]
    return Times(
        init=1000 * (run.moments[0].wall - run.begun),
        init_cpu=1000 * run.moments[0].cpu,
        first=waited[0],
        first_cpu=used[0],
        later=median(waited[1:]),
        later_cpu=median(used[1:]),
        peak_mib=run.peak_kib / 1024,
    )


def middle(every: Sequence[Times]) -> Times:
    """The median of each figure."""
    rows = [asdict(one) for one in every]
    return Times(**{name: median(row[name] for row in rows) for name in rows[0]})


def measure(
    starter: Starter, subjects: Sequence[Subject], rounds: int, tell: Callable[[int], None]
) -> dict[str, Times]:
    """Start everything once a round, one after the other; each round begins with another subject."""
    every: dict[str, list[Times]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        turn = number % len(subjects)
        for subject in (*subjects[turn:], *subjects[:turn]):
            every[subject.name].append(times(starter.run(subject, 1 + LATER)))
        tell(number + 1)
    return {name: middle(found) for name, found in every.items()}
