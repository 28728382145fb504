"""The consumption of each HTTP endpoint and each background function."""

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
from tests.costs.task_lists import fixed_clock
from tests.costs.task_requests import MANY
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.provider import Provider

OTHERS = (*HTTP_CALLS, *JOBS)
FEW = 3  # rounds of calls whose preparation is slow

type Found = tuple[HttpCall | BackgroundJob, Consumption]


def calls(
    api: Api, cloud: Cloud, provider: Provider, *, wanted: Iterable[HttpCall | BackgroundJob] = OTHERS, rounds: int = 0
) -> Iterator[Found]:
    """Measure the calls that are not about tasks. Without rounds nothing is timed."""
    provider.reset()
    with google(cloud, provider):
        runner = Runner(api, cloud, provider)
        for call in wanted:
            runner.users.reset_cloud()
            yield call, runner.measure(call, rounds)


def task_calls(api: Api, cloud: Cloud, provider: Provider, *, tasks: int, rounds: int = 0) -> tuple[list[Found], float]:
    """Measure the task calls of a user with so many tasks, and return the stored bytes per task as well."""
    runner = Runner(api, cloud, provider)
    with fixed_clock(), quick_rows():
        runner.users.reset_cloud()
        owner = Owner(runner.users, tasks)
        found: list[Found] = [(call, runner.measure(call, _rounds(call, rounds))) for call in owner.calls()]
    return found, owner.listed.stored_bytes


def cheap_hashes() -> None:
    """Make hashing cheap: its time is a constant, HASH_MS. AssertionError if the real profile has changed."""
    passwords = layer("accounts.passwords")
    real = passwords._hasher
    assert (real.memory_cost, real.time_cost, real.parallelism) == (19 * 1024, 2, 1), "HASH_MS is of another profile"
    passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def leave_out_what_few_calls_do() -> None:
    """Let no session order that others end, as one in twenty does, and no read write its count, as one in ten does."""
    layer("accounts.trim_orders").ONE_IN = 2**64
    layer("task_reads").WRITTEN_AT_ONCE = 2**64


def _rounds(call: HttpCall, rounds: int) -> int:
    return min(rounds, FEW) if str(MANY) in call.name else rounds
