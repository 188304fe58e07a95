"""Containers whose supervisor starts, stops and kills runtimes for us, over a control connection of lines.

The supervisor asks for the connection. From then on we send `start RUN PORT`, `term RUN`, `kill RUN`, `forget RUN` and,
so that each side notices when the other is gone, `-`. It sends `exited RUN STATUS`, STATUS as a shell gives it, and
`drain` when its container is to stop. A line arrives or the connection is lost, and then every run has ended.

Runs are numbered anew on each connection and never twice, so that a late message about an old run cannot harm a new
one. The connections of the runtimes are separate: each runtime is given a port that is open to its container alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from itertools import count

from esb_gateway.child_processes.launcher import Collected, Output, Wanted
from esb_gateway.execution.containers.questions import Questions
from esb_gateway.execution.extensions.processes import Ended
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Slot
from esb_gateway.execution.port_runner.placement import Placement
from esb_gateway.execution.port_runner.runner import PortRunner
from esb_gateway.execution.runtime_api.connection import Connection

HEARTBEAT = 2.0  # seconds; so a container that falls silent is lost after HEARTBEAT + SILENCE at most
SILENCE = 4.0  # seconds without an acknowledgement of the other machine, after which it is considered lost
_MAX_LINE = 64  # bytes
_EXITED = re.compile(rb"exited ([1-9][0-9]{0,8}) ([0-9]{1,3})")
_MEMORY = re.compile(rb"memory ([1-9][0-9]{0,8}) ([0-9]{1,12})")
_NOTHING = re.compile(rb"nothing ([1-9][0-9]{0,8})")


class Containers:
    """The supervised containers of one function."""

    def __init__(self, pool: Pool, context: RunnerContext) -> None:
        self.pool = pool
        self.context = context
        self._containers: list[Container] = []
        pool.set_containers(0)

    def new_runner(self, slot: Slot) -> PortRunner:
        """A runner for the slot, in the container with the fewest runs."""
        return min(self._containers, key=lambda container: len(container.runs)).new_runner(slot)

    def add(self, container: Container) -> None:
        """The container takes slots from now on."""
        self._containers.append(container)
        self._set_containers()

    def remove(self, container: Container) -> None:
        """The container takes no more slots."""
        if container in self._containers:
            self._containers.remove(container)
            self._set_containers()

    def _set_containers(self) -> None:
        """An extension may listen on a port of its container, as the Lambda Web Adapter's application does."""
        one_each = any(container.extension_names for container in self._containers)
        self.pool.set_containers(len(self._containers), one_each=one_each)

    def close(self) -> None:
        """Disconnect every container."""
        for container in list(self._containers):
            container.close()


class Run:
    """A runtime in a container, as `launcher.Child`."""

    def __init__(self, container: Container, number: int, slot: Slot, ended: Ended) -> None:
        self.slot = slot
        self.ended = ended
        self._container = container
        self._number = number
        self._killed = False

    def terminate(self) -> None:
        """Send SIGTERM to its group."""
        self._container.send(f"term {self._number}")

    def kill(self) -> None:
        """Send SIGKILL to its group."""
        self._killed = True
        self._container.send(f"kill {self._number}")

    def pass_on(self) -> None:
        """Nothing to do: the process that reads the output passes it on."""

    def collect(self, wanted: Wanted, collected: Callable[[Collected], None]) -> None:
        """Ask the supervisor, which knows the memory, and passes the rest on to the process that reads the output."""
        wanted = wanted._replace(memory=wanted.memory and not self._killed)
        if not any(wanted) or self._container.is_lost:
            collected(Collected())
            return
        ticket = self._container.questions.add(wanted, collected)
        if wanted.memory:
            self._container.send(f"memory {self._number} {ticket}")
        if wanted.output:
            self._container.send(f"output {self._number} {ticket}")

    def take_output(self, ticket: int, printed: bytes) -> bool:
        """The process that reads the output has sent its end."""
        return self._container.questions.take_output(ticket, printed)


class Container:
    """A container, through its supervisor: what runs there, and the lines in both directions."""

    def __init__(self, containers: Containers, connection: Connection, extension_names: tuple[str, ...] = ()) -> None:
        self.extension_names = extension_names
        self._containers = containers
        self._connection = connection
        self._numbers = count(1)
        self._unread = b""
        self._heartbeat: asyncio.TimerHandle | None = None
        self.runs: dict[int, Run] = {}
        self.questions = Questions(containers.context.loop.call_later, self.next_number)
        self.is_lost = False

    def new_runner(self, slot: Slot) -> PortRunner:
        """A runner for the slot, not started yet. Its port is on the address of ours that the container knows."""

        def launch(port: int, _output: Output, ended: Ended, extension: str = "") -> Run:
            number = self.next_number()
            run = self.runs[number] = Run(self, number, slot, ended)
            self.send(f"start {number} {port}{extension}")
            return run

        host, peer = self._connection.address("sockname"), self._connection.address("peername")
        extensions = {
            name: partial(launch, extension=f" {number}") for number, name in enumerate(self.extension_names, 1)
        }
        placement = Placement(launch, host, peer, extensions)
        return PortRunner(self._containers.pool, slot, self._containers.context, placement)

    def next_number(self) -> int:
        """A number that this connection has not had yet."""
        return next(self._numbers)

    def send(self, line: str) -> None:
        """Send a line."""
        self._connection.send(line.encode() + b"\n")

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    # runtime_api.ControlChannel

    def opened(self) -> None:
        """The container takes slots from now on."""
        self._connection.set_user_timeout(SILENCE)
        self._send_heartbeat()
        self._containers.add(self)

    def received(self, data: bytes) -> None:
        """Take whole lines; an invalid one ends the connection."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        if not all(map(self._take, lines)) or len(self._unread) > _MAX_LINE:
            self._connection.close()

    def lost(self) -> None:
        """The container is gone, or has lost us and kills what runs there: every run has ended."""
        self.is_lost = True
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._containers.remove(self)
        runs = list(self.runs.values())
        self.runs.clear()
        self.questions.give_up()
        for run in runs:
            run.ended(None)

    def _take(self, line: bytes) -> bool:
        if found := _EXITED.fullmatch(line):
            self._end_run(int(found[1]), int(found[2]))
        elif found := _MEMORY.fullmatch(line):
            self.questions.take_memory(int(found[1]), int(found[2]))
        elif found := _NOTHING.fullmatch(line):
            self.questions.take_output(int(found[1]), b"")
        elif line == b"drain":
            self._drain()
        else:
            return False
        return True

    def _end_run(self, number: int, status: int) -> None:
        run = self.runs.pop(number, None)  # reported twice if a kill came while the runtime ended by itself
        if run is not None:
            run.ended(returncode(status))  # it may ask for the last output, which is gone once the run is forgotten
        self.send(f"forget {number}")

    def _drain(self) -> None:
        self._containers.remove(self)
        for run in list(self.runs.values()):
            self._containers.pool.events.withdraw(run.slot)
        self.send("-")

    def _send_heartbeat(self) -> None:
        self._heartbeat = self._containers.context.loop.call_later(HEARTBEAT, self._send_heartbeat)
        self.send("-")


def returncode(status: int) -> int:
    """A shell's status as `subprocess` gives it; a shell's 128 + N means that signal N ended the process."""
    return 128 - status if 128 < status < 160 else status
