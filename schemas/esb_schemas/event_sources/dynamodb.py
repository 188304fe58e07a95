"""Event source mappings of streams: the rules of CreateEventSourceMapping (API reference; Lambda guide, with-ddb)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from esb_schemas.documents.checks import Check, Entry
from esb_schemas.documents.records import loader
from esb_schemas.errors import Problem
from esb_schemas.event_sources.row import EventSourceType

SHORTEST_AGE: Final = 60  # seconds


class StreamMapping(NamedTuple):
    """A table whose records invoke the function. Times in seconds; `filters` are JSON texts, `on_failure` is an ARN."""

    type: Literal["dynamodb"]
    name: str
    table: str
    starting_position: Literal["TRIM_HORIZON", "LATEST"] = "LATEST"
    batch_size: int = 100
    maximum_batching_window: int = 0
    parallelization_factor: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age: int = -1
    bisect_batch_on_function_error: bool = False
    report_batch_item_failures: bool = False
    filters: tuple[str, ...] = ()
    on_failure: str | None = None
    enabled: bool = True


load_stream_mapping: Final = loader(StreamMapping)


def age_is_never_or_a_minute(event: Entry) -> Iterator[Problem]:
    """The maximum_record_age of a stream is -1, or at least 60 seconds."""
    age = event.get("maximum_record_age", -1)
    if 0 <= age < SHORTEST_AGE:
        yield Problem(("maximum_record_age",), f"must be -1 or at least {SHORTEST_AGE} seconds, not {age}")


CHECKS: Final[tuple[Check, ...]] = (age_is_never_or_a_minute,)

EVENT_SOURCE: Final = EventSourceType(
    types=("dynamodb",),
    definition="dynamodb",
    load=load_stream_mapping,
    checks=CHECKS,
    schema_file=Path(__file__).with_suffix(".json"),
)
