"""Event source mappings of queues: the rules of CreateEventSourceMapping (API reference; Lambda guide, with-sqs)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from esb_schemas.documents.checks import Check, Entry
from esb_schemas.documents.records import loader
from esb_schemas.errors import Problem
from esb_schemas.event_sources.row import EventSourceType

MAX_FIFO_BATCH: Final = 10
LARGEST_WITHOUT_WINDOW: Final = 10


class SqsMapping(NamedTuple):
    """A queue whose messages invoke the function. `queue` is an ARN, `maximum_batching_window` in seconds.

    `filters` are JSON texts. The default of `maximum_concurrency` is the number of the function's slots.
    """

    type: Literal["sqs"]
    name: str
    queue: str
    batch_size: int = 10
    maximum_batching_window: int = 0
    maximum_concurrency: int | None = None
    report_batch_item_failures: bool = False
    filters: tuple[str, ...] = ()
    enabled: bool = True


load_sqs_mapping: Final = loader(SqsMapping)


def fifo_limits(event: Entry) -> Iterator[Problem]:
    """A mapping of a FIFO queue has a batch_size of at most 10 and no maximum_batching_window."""
    if not event["queue"].endswith(".fifo"):
        return
    if event.get("batch_size", 0) > MAX_FIFO_BATCH:
        text = f"a batch of a FIFO queue has at most {MAX_FIFO_BATCH} messages, not {event['batch_size']}"
        yield Problem(("batch_size",), text)
    if event.get("maximum_batching_window"):
        yield Problem(("maximum_batching_window",), "a FIFO queue has no batching window; remove it")


def window_of_large_batches(event: Entry) -> Iterator[Problem]:
    """A batch_size of more than 10 needs a maximum_batching_window of at least 1 second."""
    large = event.get("batch_size", 0) > LARGEST_WITHOUT_WINDOW and not event["queue"].endswith(".fifo")
    if large and not event.get("maximum_batching_window"):
        text = f"more than {LARGEST_WITHOUT_WINDOW} messages need a batching window of at least 1 second"
        yield Problem(("batch_size",), text)


CHECKS: Final[tuple[Check, ...]] = (fifo_limits, window_of_large_batches)

EVENT_SOURCE: Final = EventSourceType(
    types=("sqs",),
    definition="sqs",
    load=load_sqs_mapping,
    checks=CHECKS,
    schema_file=Path(__file__).with_suffix(".json"),
)
