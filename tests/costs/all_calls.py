"""What each HTTP endpoint and each background function takes, by the name that the page has for it."""

from collections.abc import Iterable, Iterator

import argon2

from gatehouse_dev.cloud import Cloud
from tests.costs.background_jobs import JOBS, BackgroundJob
from tests.costs.call_users import google
from tests.costs.consumption import Consumption
from tests.costs.http_calls import HTTP_CALLS, HttpCall
from tests.costs.moto_speedups import quick_rows
from tests.costs.runner import Runner
from tests.costs.task_calls import Owner
from tests.costs.task_lists import standing_clock
from tests.costs.task_requests import MANY
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.provider import Provider

OTHERS = (*HTTP_CALLS, *JOBS)
FEW = 3  # rounds, where it takes long to prepare one

type Found = tuple[HttpCall | BackgroundJob, Consumption]


def calls(
    api: Api, cloud: Cloud, provider: Provider, *, wanted: Iterable[HttpCall | BackgroundJob] = OTHERS, rounds: int = 0
) -> Iterator[Found]:
    """Those that are not about tasks; without rounds nothing is timed."""
    provider.reset()
    with google(cloud, provider):
        runner = Runner(api, cloud, provider)
        for call in wanted:
            runner.guests.begin_anew()
            yield call, runner.take(call, rounds)


def task_calls(api: Api, cloud: Cloud, provider: Provider, *, tasks: int, rounds: int = 0) -> tuple[list[Found], float]:
    """Those about tasks, by somebody who has so many, and the bytes that each task lies there with."""
    runner = Runner(api, cloud, provider)
    with standing_clock(), quick_rows():
        runner.guests.begin_anew()
        owner = Owner(runner.guests, tasks)
        found: list[Found] = [(visit, runner.take(visit, _rounds(visit, rounds))) for visit in owner.visits()]
    return found, owner.listed.stored_bytes


def cheap_hashes() -> None:
    """What Argon2 takes is a figure of its own, so it need not be real here; raises when the real one has changed."""
    passwords = layer("accounts.passwords")
    real = passwords._hasher
    assert (real.memory_cost, real.time_cost, real.parallelism) == (19 * 1024, 2, 1), "HASH_MS is of another profile"
    passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def _rounds(visit: HttpCall, rounds: int) -> int:
    return min(rounds, FEW) if str(MANY) in visit.name else rounds
