"""A clock and a server without I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from esb_provisioner.desired import Desired
from esb_provisioner.observed import snapshot
from esb_provisioner.plan import plan
from esb_provisioner.servers.errors import ServerError
from esb_provisioner.steps import Api, ApiCall, Plan


def preview(desired: Desired, api: Api, pool: Executor) -> Plan:
    return plan(desired, snapshot(api, desired, pool))


class FakeClock:
    """Time that passes only during a pause."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.stopped = False

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def stop(self) -> None:
        self.stopped = True


@dataclass
class ScriptedServer:
    """Gives the answers of each operation one after the other, the last one again and again; records the calls."""

    script: Mapping[str, Sequence[Mapping[str, Any] | ServerError]]
    calls: list[ApiCall] = field(default_factory=list)

    def __call__(self, call: ApiCall) -> Mapping[str, Any]:
        earlier = sum(each.operation == call.operation for each in self.calls)
        self.calls.append(call)
        answers = self.script[call.operation]
        answer = answers[min(earlier, len(answers) - 1)]
        if isinstance(answer, ServerError):
            raise answer
        return answer

    @property
    def operations(self) -> list[str]:
        return [call.operation for call in self.calls]
