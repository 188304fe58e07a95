"""The one sweeper of a stack: it looks for expired items, table by table, and deletes them at a gentle pace.

Each call takes as many items as the database reads or deletes in a moment. After it, the sweeper waits twice as long as
the call took, so that it has a third of the database's time at most; between two sweeps it waits until it had a
twentieth. Deletes are conditional, so an item that was renewed meanwhile stays, and
a second sweeper does no harm.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from esb_gateway.clocks import Clock, Sleep
from esb_gateway.expiry.database import CallError
from esb_gateway.expiry.pace import Amount
from esb_gateway.expiry.requests import (
    MAX_DELETES,
    MAX_SCANNED,
    ExpiringTable,
    Key,
    deletes,
    first_key,
    key_names,
    scan,
    ttl_attribute,
    unaffected,
)
from esb_gateway.expiry.ttl_removals import TtlRemovals
from esb_gateway.telemetry.counts import RequestCounts
from esb_gateway.telemetry.logs import Log
from esb_wire.http.client import UnreachableError

INTERVAL: Final = 60.0  # seconds between two sweeps, at least
_PAUSE: Final = 2.0  # times what a call took
_MIN_PAUSE: Final = 0.005  # seconds
_REST: Final = 20.0  # times what the calls of a sweep took
_RETRIES: Final = 3  # of a batch in which items were renewed


class Calls(Protocol):
    """The API of the database."""

    async def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The result of an operation. Raises CallError, or UnreachableError."""


@dataclass(slots=True)
class Sweeper:
    """Sweeps until cancelled. `clock` gives seconds since 1970, `monotonic` seconds for durations."""

    database: Calls
    clock: Clock
    monotonic: Callable[[], float]
    sleep: Sleep
    counts: RequestCounts
    removals: TtlRemovals
    log: Log
    interval: float = INTERVAL
    _busy: float = field(default=0.0, init=False)  # seconds of calls of this sweep
    _problem: str = field(default="", init=False)  # the last one, which is not logged again

    async def run(self) -> None:
        """Sweep, and again, until cancelled."""
        while True:
            await self.sleep(max(self.interval, self._busy * _REST))
            self._busy = 0.0
            await self.sweep()

    async def sweep(self) -> None:
        """Look at every table once. A problem of one is logged, and the others are swept."""
        problem = ""
        try:
            async for name in self._table_names():
                try:
                    await self._sweep_table(name)
                except CallError as error:
                    problem = f"table {name}: {error}"
        except (CallError, UnreachableError) as error:
            problem = str(error)
        if problem and problem != self._problem:
            self.log("gateway", "WARN", {"message": f"expired items are not all deleted: {problem}"})
        self._problem = problem

    async def _table_names(self) -> AsyncIterator[str]:
        start: dict[str, Any] = {}
        while True:
            found = await self._call("ListTables", start)
            for name in found["TableNames"]:
                yield name
            if "LastEvaluatedTableName" not in found:
                return
            start = {"ExclusiveStartTableName": found["LastEvaluatedTableName"]}

    async def _sweep_table(self, name: str) -> None:
        attribute = ttl_attribute(await self._call("DescribeTimeToLive", {"TableName": name}))
        if attribute is None:
            return
        table = ExpiringTable(name, await self._key_names(name), attribute)
        scanned, deleted = Amount(MAX_SCANNED), Amount(MAX_DELETES)
        start: Key | None = None
        found: list[Key] = []  # of several pages: each transaction is synced to the disk, whatever its size
        while True:
            page = await self._call("Scan", scan(table, int(self.clock()), start, scanned.items), scanned)
            found += page["Items"]
            start = page.get("LastEvaluatedKey")
            while len(found) >= deleted.items or (found and not start):
                keys, found = found[: deleted.items], found[deleted.items :]
                if count := await self._delete(table, keys, deleted):
                    self.counts.expired[table.name] += count
            if not start:
                return

    async def _key_names(self, name: str) -> tuple[str, ...]:
        """The attributes of a table's key. dynoxide holds everybody for a second if it describes a million items."""
        first = await self._call("Scan", first_key(name))
        if "LastEvaluatedKey" in first:
            return (*first["LastEvaluatedKey"],)
        return key_names(await self._call("DescribeTable", {"TableName": name}))

    async def _delete(self, table: ExpiringTable, keys: Sequence[Key], amount: Amount) -> int:
        """Delete those that are expired still; returns how many were."""
        now = int(self.clock())
        for _ in range(_RETRIES):
            if not keys:
                return 0
            self.removals.add(table.name, keys, self.clock())
            try:
                await self._call("TransactWriteItems", deletes(table, now, keys), amount)
            except CallError as error:
                self.removals.discard(table.name, keys)
                if error.code != "TransactionCanceledException":
                    raise
                keys = unaffected(keys, error.document)
            else:
                return len(keys)
        return 0  # the next sweep finds them again

    async def _call(
        self, operation: str, parameters: Mapping[str, Any], amount: Amount | None = None
    ) -> dict[str, Any]:
        """The result; `amount` learns how long it took."""
        began = self.monotonic()
        try:
            return await self.database.call(operation, parameters)
        finally:
            took = self.monotonic() - began
            self._busy += took
            if amount is not None:
                amount.adapt(took)
            await self.sleep(max(_MIN_PAUSE, took * _PAUSE))
