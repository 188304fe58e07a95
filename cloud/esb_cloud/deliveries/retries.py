"""When a delivery that failed is tried again. Nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

MAX_DELAY: Final = 480.0  # seconds between retries of EventBridge: 185 of them take a day

_FRACTIONS: Final[Mapping[str, Callable[[float], float]]] = {
    "linear": lambda part: part,
    "arithmetic": lambda part: part * (1 + part) / 2,
}


@dataclass(frozen=True, slots=True)
class SnsRetries:
    """Four phases: at once, after the least delay, backing off from the least to the longest, after the longest.

    SNS developer guide, "Message delivery retries". Delays in seconds. AWS shows its backoff functions as curves only:
    those here begin and end at the same delays.
    """

    retries: int
    no_delay: int
    min_delay_retries: int
    max_delay_retries: int
    min_delay: float
    max_delay: float
    function: str = "linear"

    def delay(self, failures: int, _age: float, _random: float) -> float | None:
        """Seconds to wait after this number of failures; None: give up."""
        if failures > self.retries:
            return None
        retry = failures - self.no_delay
        if retry <= 0:
            return 0.0
        retry -= self.min_delay_retries
        if retry <= 0:
            return self.min_delay
        backoff = self.retries - self.no_delay - self.min_delay_retries - self.max_delay_retries
        return self._backoff((retry - 1) / (backoff - 1)) if 1 <= retry < backoff else self.max_delay

    def _backoff(self, part: float) -> float:
        if self.function in _FRACTIONS:
            return self.min_delay + (self.max_delay - self.min_delay) * _FRACTIONS[self.function](part)
        exponent = part if self.function == "geometric" else part * part
        least = max(self.min_delay, 1.0)
        return float(min(self.max_delay, least * (self.max_delay / least) ** exponent))


@dataclass(frozen=True, slots=True)
class EventBridgeRetries:
    """Exponential backoff with jitter, until the event is too old (seconds) or was tried again so often.

    EventBridge user guide, "Retrying event delivery".
    """

    max_age: float = 86_400
    retries: int = 185

    def delay(self, failures: int, age: float, random: float) -> float | None:
        """Seconds to wait after this number of failures, at this age (s); None: give up. `random` is from 0 to 1."""
        if failures > self.retries:
            return None
        delay = min(2.0 ** min(failures - 1, 30), MAX_DELAY) * (0.5 + random / 2)
        return delay if age + delay <= self.max_age else None


Retries = SnsRetries | EventBridgeRetries

# Lambda and SQS: SNS developer guide, "AWS managed endpoints": 100,015 retries over 23 days
MANAGED: Final = SnsRetries(100_015, 3, 2, 100_000, 1.0, 20.0, "geometric")


def dump(retries: Retries) -> dict[str, Any]:
    """As data of the file."""
    return {"kind": "sns" if isinstance(retries, SnsRetries) else "events", **asdict(retries)}


def load(data: Mapping[str, Any]) -> Retries:
    values = {name: value for name, value in data.items() if name != "kind"}
    return SnsRetries(**values) if data["kind"] == "sns" else EventBridgeRetries(**values)
