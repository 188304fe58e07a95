"""Functions in containers, which come to one shared port and say who they are by the name they call us.

Each function knows the gateway under a name of its own, `<function>-<token>.esb`, which its containers send as the Host
header. A supervisor asks for a control connection and starts runtimes for us; see supervised.py. A container without
one polls itself: every connection that asks for work is a slot. Such a slot cannot be killed from here: at the deadline
its connection is closed and a late answer refused, which makes AWS's runtime clients exit. A function may have both.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac

from esb_gateway.execution import failures
from esb_gateway.execution.function_host import Services
from esb_gateway.execution.listener import Listener
from esb_gateway.execution.output import SlotOutput
from esb_gateway.execution.platform_lines import Usage
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.runtime_api import Connection, next_response
from esb_gateway.execution.slots import Answer, Failure, Runner, Slot, State, Work
from esb_gateway.execution.supervised import Container, Fleet
from esb_gateway.invocation import Ending, StreamSink

_MOST_CONNECTIONS = 4096

# The runtime client that polls and answers on one connection, so that the end of the connection is the end of the
# runtime. Others use several, or close them when they have been unused for a while.
_ONE_CONNECTION_CLIENT = "aws-lambda-python/"


def runtime_host(function: str, secret: str) -> str:
    """The name under which the function's containers reach the gateway; a label of it has 63 characters at most."""
    token = hmac.new(secret.encode(), function.encode(), hashlib.sha256).hexdigest()[:32]
    return f"{function[:30].lower()}-{token}.esb"


class ContainerHosting:
    """Waits on `address` (host, port) for the containers' runtimes. `secret` is ESB_RUNTIME_SECRET."""

    hires = True
    renews = False

    def __init__(self, secret: str, address: tuple[str, int]) -> None:
        self._secret = secret
        self._address = address
        self._listener: Listener | None = None
        self._services: Services
        self._fleets: dict[str, Fleet] = {}  # by function
        self._hosts: dict[str, Fleet] = {}  # by the name that the function's containers call us

    @property
    def port(self) -> int:
        """The port in use, once open."""
        assert self._listener is not None, "open comes first"  # noqa: S101
        return self._listener.port

    def open(self, services: Services) -> None:
        """Listen. Raises OSError if the address is taken."""
        self._services = services
        self._listener = Listener(services.loop, self._address, self._identify, _MOST_CONNECTIONS)

    def admit(self, pool: Pool) -> None:
        """Take in the function's containers."""
        function = pool.function.name
        self._fleets[function] = self._hosts[runtime_host(function, self._secret)] = Fleet(pool, self._services)

    def release(self, pool: Pool) -> None:
        """Turn its containers away; they try again and again, until they are removed or the function is back."""
        function = pool.function.name
        self._hosts.pop(runtime_host(function, self._secret))
        self._fleets.pop(function).disband()

    def _identify(self, host: str) -> Poller | None:
        fleet = self._hosts.get(host.partition(":")[0].lower())
        return None if fleet is None else Poller(fleet.pool, self._services, fleet)

    def hire(self, pool: Pool, slot: Slot) -> Runner:
        """A runner in one of the function's supervised containers."""
        return self._fleets[pool.function.name].hire(slot)

    async def close(self) -> None:
        """Stop listening and close what is open."""
        if self._listener is not None:
            closed = asyncio.Event()
            self._listener.close(closed.set)
            await closed.wait()


class Poller:
    """One connection of a container: of a runtime, which is a slot from its first poll on, or of a supervisor."""

    def __init__(self, pool: Pool, services: Services, fleet: Fleet) -> None:
        self._pool = pool
        self._services = services
        self._fleet = fleet
        self._output = SlotOutput(pool.function, services.log, services.clocks.wall)
        self._slot: Slot | None = None
        self._connection: Connection | None = None

    # slots.Runner

    def start(self) -> None:
        """It has started by itself."""

    def deliver(self, work: Work) -> bool:
        """Answer the waiting poll with the work."""
        response = next_response(work, self._services.deadline_ms(work))
        if self._connection is None or not self._connection.deliver(response):
            return False
        self._output.begin(work.invocation)
        return True

    def finish(self, _work: Work, ending: Ending, duration: float) -> bytes:
        """Write the lines of the end; what the function prints does not come this way."""
        if self._connection is None:
            self._services.loop.call_soon(self._gone)
        return self._output.end(ending, Usage(duration))

    def stop(self) -> None:
        """Close its connection; the runtime then ends or connects again."""
        self.kill()

    def kill(self) -> None:
        """Close its connection."""
        if self._connection is None:
            self._services.loop.call_soon(self._gone)
        else:
            self._connection.close()

    # runtime_api.Runtime

    def next(self, connection: Connection) -> bool:
        """Become a slot, and wait for work."""
        self._connection = connection
        if self._slot is None:
            self._slot = self._pool.join(self)
        return self._pool.poll(self._slot)

    def answer(self, request_id: str, answer: Answer) -> bool:
        """End an invocation of the function; many clients answer on another connection than they poll on."""
        return self._pool.answer(None, request_id, answer)

    def stream(self, request_id: str) -> StreamSink | None:
        """Of an invocation of the function."""
        return self._pool.stream(None, request_id)

    def fail_init(self, failure: Failure) -> bool:
        """A container of the function could not start."""
        return self._pool.fail_init(None, failure)

    def supervise(self, connection: Connection) -> Container | None:
        """Its container takes slots, unless it is one already."""
        return Container(self._fleet, connection) if self._slot is None else None

    def hang_up(self, connection: Connection) -> None:
        """The slot is gone, unless it is at work and may still answer on another connection."""
        self._connection = None
        busy = self._slot is not None and self._slot.state is State.BUSY
        if not busy or connection.user_agent.startswith(_ONE_CONNECTION_CLIENT):
            self._gone()

    def _gone(self) -> None:
        if self._slot is not None:
            slot, self._slot = self._slot, None
            self._pool.exit(slot, failures.NO_REASON)
            self._services.slot_gone()
