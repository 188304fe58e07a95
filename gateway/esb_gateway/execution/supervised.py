"""Containers whose supervisor starts, stops and kills runtimes for us, over a control connection of lines.

The supervisor asks for the connection. From then on we send `start RUN PORT`, `term RUN`, `kill RUN`, `forget RUN` and,
so that each side notices when the other is gone, `-`. It sends `exited RUN STATUS`, STATUS as a shell has it, and
`drain` when its container is to stop. A line arrives or the connection is lost, and then every run has ended.

Runs are numbered anew on each connection and never twice, so that what is said of an old one cannot harm a new one. A
runtime's own connections do not come this way: it is told a port that is open to its container alone.
"""

from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import dataclass
from itertools import count

from esb_gateway.execution.function_host import Services
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.port_runner import Place, PortRunner
from esb_gateway.execution.processes import Exited, Output
from esb_gateway.execution.runtime_api import Connection
from esb_gateway.execution.slots import Slot

HEARTBEAT = 2.0  # seconds
SILENCE = 15.0  # seconds without a sign of the other machine, after which it is taken for lost
_LONGEST_LINE = 64
_EXITED = re.compile(rb"exited ([1-9][0-9]{0,8}) ([0-9]{1,3})")


class Fleet:
    """The supervised containers of one function."""

    def __init__(self, pool: Pool, services: Services) -> None:
        self.pool = pool
        self.services = services
        self._containers: list[Container] = []
        pool.resize(0)

    def hire(self, slot: Slot) -> PortRunner:
        """A runner for the slot in the container that has the fewest."""
        return min(self._containers, key=lambda container: len(container.runs)).hire(slot)

    def welcome(self, container: Container) -> None:
        """The container takes slots from now on."""
        self._containers.append(container)
        self.pool.resize(len(self._containers))

    def dismiss(self, container: Container) -> None:
        """The container takes no more slots."""
        if container in self._containers:
            self._containers.remove(container)
            self.pool.resize(len(self._containers))

    def disband(self) -> None:
        """The function is no more: let every container go."""
        for container in list(self._containers):
            container.close()


@dataclass(slots=True, eq=False)
class Run:
    """A runtime in a container, as `processes.Child`."""

    container: Container
    number: int
    slot: Slot
    exited: Exited

    def terminate(self) -> None:
        """Ask its group to end."""
        self.container.tell(f"term {self.number}")

    def kill(self) -> None:
        """Kill its group."""
        self.container.tell(f"kill {self.number}")

    def drain(self) -> None:
        """What it prints goes to its container's output."""

    def memory(self) -> int | None:
        """Not known here."""
        return None


class Container:
    """A container, through its supervisor: what runs there, and the lines in both directions."""

    def __init__(self, fleet: Fleet, connection: Connection) -> None:
        self._fleet = fleet
        self._connection = connection
        self._numbers = count(1)
        self._unread = b""
        self._heart: asyncio.TimerHandle | None = None
        self.runs: dict[int, Run] = {}

    def hire(self, slot: Slot) -> PortRunner:
        """A runner for the slot, not started yet. Its port is on our address that the container knows."""

        def launch(port: int, _output: Output, exited: Exited) -> Run:
            run = Run(self, next(self._numbers), slot, exited)
            self.runs[run.number] = run
            self.tell(f"start {run.number} {port}")
            return run

        place = Place(launch, host=self._connection.address("sockname"), peer=self._connection.address("peername"))
        return PortRunner(self._fleet.pool, slot, self._fleet.services, place)

    def tell(self, line: str) -> None:
        """Send a line."""
        self._connection.send(line.encode() + b"\n")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    # runtime_api.ControlLine

    def opened(self) -> None:
        """The container is there."""
        self._connection.expect_signs(SILENCE)
        self._beat()
        self._fleet.welcome(self)

    def received(self, data: bytes) -> None:
        """Obey whole lines; one that makes no sense ends the connection."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        if not all(map(self._take, lines)) or len(self._unread) > _LONGEST_LINE:
            self._connection.close()

    def lost(self) -> None:
        """The container is gone, or kills what runs there now, because it has lost us."""
        if self._heart is not None:
            self._heart.cancel()
        self._fleet.dismiss(self)
        runs = list(self.runs.values())
        self.runs.clear()
        for run in runs:
            run.exited(-signal.SIGKILL)

    def _take(self, line: bytes) -> bool:
        exited = _EXITED.fullmatch(line)
        if exited is not None:
            self._end_run(int(exited[1]), int(exited[2]))
        elif line == b"drain":
            self._drain()
        else:
            return False
        return True

    def _end_run(self, number: int, status: int) -> None:
        self.tell(f"forget {number}")
        run = self.runs.pop(number, None)  # it is told twice when the kill came as the runtime ended by itself
        if run is not None:
            run.exited(returncode(status))

    def _drain(self) -> None:
        self._fleet.dismiss(self)
        for run in list(self.runs.values()):
            self._fleet.pool.retire(run.slot)
        self.tell("-")

    def _beat(self) -> None:
        self._heart = self._fleet.services.loop.call_later(HEARTBEAT, self._beat)
        self.tell("-")


def returncode(status: int) -> int:
    """As `subprocess` gives it, of a status as a shell gives it: 128 and a signal's number, if it died of one."""
    return 128 - status if 128 < status < 160 else status
