"""Equal work for every failed sign-in, whatever hash is behind the address.

A hash of another system can be checked only by computing it, beside our own. So a row names the kinds that were
imported, with the highest cost of each, and who fails is refused after the work of all of them (docs/adr/0023).
"""

from contextlib import suppress

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from gatehouse.accounts import legacy, passwords
from gatehouse.config import config
from gatehouse.dynamodb import SCHEMA, ConditionFailed, Key, Row, TableName, batch_get, conditional_write

_IMPORTED, _HASHES = "IMPORTED", "HASHES"


class ImportedHashesRow(Row):
    """The highest cost of each kind of hash that was imported."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True, default=_IMPORTED)
    sk = UnicodeAttribute(range_key=True, default=_HASHES)
    costs = JSONAttribute()


def costs_key() -> Key:
    """Return the key of the costs, to be read together with an account."""
    return ImportedHashesRow, _IMPORTED, _HASHES


def spend_equal_work(password: str, stored: str | None, row: ImportedHashesRow | None) -> None:
    """Do the work that a failed check of another address's hash would have taken, beyond that of this one's.

    `row` is what was read at `costs_key`.
    """
    foreign, costs = passwords.foreign_hash(stored), _costs(row)
    if foreign and _raises(foreign, costs):  # imported by an earlier version
        costs = {**costs, foreign.kind: foreign.cost}
        with suppress(ConditionFailed):  # the next failure will record it
            record(foreign)
    spellings = legacy.spellings(password) if costs else []
    if not foreign:
        for spelling in spellings[1:]:
            passwords.is_correct(spelling, None)
    for kind, highest in costs.items():
        done = foreign.cost if foreign and foreign.kind == kind else 0
        for spelling in spellings:
            legacy.work(kind, highest - done, spelling)


def record(foreign: legacy.ForeignHash) -> None:
    """Let every failed sign-in take as long as one with this hash; raises ConditionFailed when another was just
    recorded.
    """
    (row,) = batch_get(costs_key())
    before = _costs(row)
    if not _raises(foreign, before):
        return
    unchanged = ImportedHashesRow.costs == before if before else ImportedHashesRow.pk.does_not_exist()
    costs = ImportedHashesRow.costs.set({**before, foreign.kind: foreign.cost})
    with conditional_write():
        ImportedHashesRow(_IMPORTED, _HASHES).update([costs, ImportedHashesRow.schema.set(SCHEMA)], condition=unchanged)


def _raises(foreign: legacy.ForeignHash, costs: dict[str, int]) -> bool:
    return not foreign.is_too_costly and foreign.cost > costs.get(foreign.kind, 0)


def _costs(row: ImportedHashesRow | None) -> dict[str, int]:
    costs: dict[str, int] = row.costs if row else {}
    return costs
