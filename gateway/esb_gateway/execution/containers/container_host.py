"""Functions in containers. They connect to one shared port and identify themselves by the name they call us by.

Each function knows the gateway under a name of its own, `<function>-<token>.esb`, which its containers send as the Host
header. A supervisor asks for a control connection and starts runtimes for us; see supervised.py. A container without
one polls itself: every connection that polls is a slot. Such a slot cannot be killed from here: at the deadline its
connection is closed and a late response refused, which makes AWS's runtime clients exit. A function may have both.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac

from esb_gateway.execution import failures
from esb_gateway.execution.containers.supervised import Container, Containers
from esb_gateway.execution.extensions.api import ExtensionRequest
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.output.platform_lines import Usage
from esb_gateway.execution.output.slot_output import SlotOutput
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Failure, LogTailTaker, Result, Runner, Slot, State, Work
from esb_gateway.execution.runtime_api.connection import Connection
from esb_gateway.execution.runtime_api.listener import Listener
from esb_gateway.execution.runtime_api.messages import NO_SUCH_PATH, next_response
from esb_gateway.invocation import Ending, StreamSink

_MAX_CONNECTIONS = 4096
_SUFFIX = ".esb"  # not of the containers that resolve the name, because Docker asks other servers for names with a dot

# The runtime client that polls and responds on one connection, so that the end of the connection is the end of the
# runtime. Others use several connections, or close them when they have been idle for a while.
_ONE_CONNECTION_CLIENT = "aws-lambda-python/"


def runtime_host(function: str, secret: str) -> str:
    """The host name by which the function's containers know the gateway. A DNS label has at most 63 characters."""
    token = hmac.new(secret.encode(), function.encode(), hashlib.sha256).hexdigest()[:32]
    return f"{function[:30].lower()}-{token}{_SUFFIX}"


class ContainerHost:
    """Listens on `address` (host, port) for the containers' runtimes. `secret` is ESB_RUNTIME_SECRET."""

    starts_runners = True
    reloads_code = False

    def __init__(self, secret: str, address: tuple[str, int]) -> None:
        self._secret = secret
        self._address = address
        self._listener: Listener | None = None
        self._context: RunnerContext
        self._by_function: dict[str, Containers] = {}
        self._by_host: dict[str, Containers] = {}  # by the host name that the function's containers send

    @property
    def port(self) -> int:
        """The port in use, once open."""
        assert self._listener is not None, "open comes first"  # noqa: S101
        return self._listener.port

    def open(self, context: RunnerContext) -> None:
        """Listen. Raises OSError if the address is in use."""
        self._context = context
        self._listener = Listener(context.loop, self._address, self._identify, _MAX_CONNECTIONS)

    def add(self, pool: Pool) -> None:
        """Accept the function's containers."""
        containers = Containers(pool, self._context)
        self._by_function[pool.function.name] = containers
        self._by_host[runtime_host(pool.function.name, self._secret)] = containers

    def remove(self, pool: Pool) -> None:
        """Refuse its containers; they try again until they are removed or the function is back."""
        function = pool.function.name
        self._by_host.pop(runtime_host(function, self._secret))
        self._by_function.pop(function).close()

    def _identify(self, host: str) -> Poller | None:
        containers = self._by_host.get(host.partition(":")[0].lower().removesuffix(_SUFFIX) + _SUFFIX)
        return None if containers is None else Poller(containers, self._context)

    def new_runner(self, pool: Pool, slot: Slot) -> Runner:
        """A runner in one of the function's supervised containers."""
        return self._by_function[pool.function.name].new_runner(slot)

    async def close(self) -> None:
        """Stop listening and close the open connections."""
        if self._listener is not None:
            closed = asyncio.Event()
            self._listener.close(closed.set)
            await closed.wait()


class Poller:
    """One connection of a container: of a runtime, which is a slot from its first poll on, or of a supervisor."""

    def __init__(self, containers: Containers, context: RunnerContext) -> None:
        self._events = containers.pool.events
        self._containers = containers
        self._context = context
        self._output = SlotOutput(containers.pool.function, context.log, context.clocks.wall)
        self._slot: Slot | None = None
        self._connection: Connection | None = None

    # slots.Runner

    stop_grace = 0.0

    def start(self) -> None:
        """It has started by itself."""

    def deliver(self, work: Work) -> bool:
        """Answer the waiting poll with the work."""
        response = next_response(work, self._context.deadline_ms(work))
        if self._connection is None or not self._connection.deliver(*response):
            return False
        self._output.begin(work.invocation)
        return True

    def finish(self, _work: Work, ending: Ending, duration: float, finished: LogTailTaker) -> None:
        """Log the last platform lines; what the function prints does not pass through the gateway."""
        if self._connection is None:
            self._context.loop.call_soon(self._gone)
        finished(self._output.end(self._output.request, ending, Usage(duration)))

    def stop(self) -> None:
        """Close its connection; the runtime then ends or connects again."""
        self.kill()

    def kill(self) -> None:
        """Close its connection."""
        if self._connection is None:
            self._context.loop.call_soon(self._gone)
        else:
            self._connection.close()

    # runtime_api.Runtime

    def next(self, connection: Connection) -> bool:
        """Become a slot, and wait for work."""
        self._connection = connection
        if self._slot is None:
            self._slot = self._events.attach(self)
        return self._events.poll(self._slot)

    def respond(self, request_id: str, result: Result) -> bool:
        """End an invocation of the function; many clients respond on another connection than they poll on."""
        return self._events.respond(None, request_id, result)

    def stream(self, request_id: str) -> StreamSink | None:
        """Of an invocation of the function."""
        return self._events.stream(None, request_id)

    def fail_init(self, failure: Failure) -> bool:
        """A container of the function could not start."""
        return self._events.fail_init(None, failure)

    def extend(self, _request: ExtensionRequest, _connection: Connection) -> bytes:
        """Refused: extensions belong to the slots that a supervisor starts."""
        return NO_SUCH_PATH

    def supervise(self, connection: Connection, extension_names: tuple[str, ...]) -> Container | None:
        """Its container takes slots, unless it is one already."""
        return Container(self._containers, connection, extension_names) if self._slot is None else None

    def take_output(self, _ticket: int, _printed: bytes) -> bool:
        """Refused: nobody asks for it."""
        return False

    def on_disconnect(self, connection: Connection) -> None:
        """The slot has ended, unless it is busy and may still respond on another connection."""
        self._connection = None
        busy = self._slot is not None and self._slot.state is State.BUSY
        if not busy or connection.user_agent.startswith(_ONE_CONNECTION_CLIENT):
            self._gone()

    def _gone(self) -> None:
        if self._slot is not None:
            slot, self._slot = self._slot, None
            self._events.exit(slot, failures.NO_REASON)
            self._context.slot_gone()
