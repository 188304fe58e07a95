"""The schemas are composed of parts; the files that editors read are what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import esb_schemas
from esb_schemas import KINDS, Kind, compiled_validator, schema, schema_errors
from esb_schemas.checks import Entry
from esb_schemas.contract import dump_functions, dump_resources, load_functions, load_resources
from esb_schemas.errors import ContractError, Problem
from esb_schemas.event_sources import EVENT_SOURCES, EventSourceType
from esb_schemas.publish import published
from esb_schemas.records import loader
from esb_schemas.sections import SECTIONS, Section

SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_file_is_current(kind: Kind) -> None:
    text = (SCHEMAS / f"{kind}.schema.json").read_text("utf-8")
    assert text == published(kind), "run `python -m esb_schemas.publish schemas`"


class Queue(NamedTuple):
    """An event source that is made up."""

    type: str
    name: str
    queue: str
    batch_size: int = 10


load_queue = loader(Queue)


def no_poison(entry: Entry) -> Iterator[Problem]:
    """A queue is not called poison."""
    if "poison" in entry.values():
        yield Problem((), "must not be called poison")


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A section and an event source of a made-up service."""
    name = {"description": "A name.", "type": "string", "examples": ["jobs"]}
    entry = {"type": "object", "additionalProperties": False, "examples": [{"QueueName": "jobs"}]}
    queue = {**entry, "description": "A queue.", "required": ["QueueName"], "properties": {"QueueName": name}}
    event = {
        **entry,
        "description": "A queue's event.",
        "required": ["type", "name", "queue"],
        "properties": {
            "type": {"description": "The type.", "enum": ["Queue"], "examples": ["Queue"]},
            "name": name,
            "queue": name,
            "batch_size": {"description": "A number.", "type": "integer", "default": 10, "examples": [5]},
        },
    }
    section_file, event_file = tmp_path / "section.json", tmp_path / "event.json"
    queues = {"description": "The queues.", "type": "array", "items": {"$ref": "#/$defs/queue"}, "examples": [[]]}
    section_file.write_text(json.dumps({"properties": {"Queues": queues}, "$defs": {"queue": queue}}))
    event_file.write_text(json.dumps({"$defs": {"queue_event": event}}))
    section = Section("Queues", "queues", "QueueName", (no_poison,), section_file)
    source = EventSourceType(("Queue",), "queue_event", load_queue, (no_poison,), event_file)
    monkeypatch.setitem(SECTIONS, "Queues", section)
    monkeypatch.setitem(EVENT_SOURCES, "Queue", source)
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    """Compile the schemas anew."""
    compiled_validator.compiled.cache_clear()
    schema_errors.validator.cache_clear()


def functions(*events: Entry) -> dict[str, Any]:
    """A functions.yml with one function of these events."""
    return {"functions": {"f": {"handler": "app.f", "runtime": "python3.12", "events": list(events)}}}


NIGHTLY: Final = {"type": "Schedule", "name": "Nightly", "schedule": "rate(1 day)"}
JOBS: Final = {"type": "Queue", "name": "Jobs", "queue": "jobs"}


@pytest.mark.usefixtures("made_up")
def test_a_new_section_is_checked_by_its_part_and_its_rules() -> None:
    esb_schemas.validate("resources", {"Queues": [{"QueueName": "jobs"}, {"QueueName": "mails"}]})
    for entries, said in (
        ([{}], "Queues[0]: the key 'QueueName' is missing"),
        ([{"QueueName": "poison"}], "Queues[0]: must not be called poison"),
        ([{"QueueName": "a"}, {"QueueName": "a"}], "Queues[1].QueueName: 'a' is already the QueueName of Queues[0]"),
    ):
        with pytest.raises(ContractError) as caught:
            esb_schemas.validate("resources", {"Queues": entries})
        assert said in str(caught.value)


@pytest.mark.usefixtures("made_up")
def test_a_new_section_is_written_only_when_it_has_entries() -> None:
    document = {"DynamoDB": [], "S3": [], "Queues": [{"QueueName": "jobs"}]}
    assert dump_resources(load_resources(document)) == {"Version": 1, **document}
    assert "Queues" not in dump_resources(load_resources({"S3": []}))


@pytest.mark.usefixtures("made_up")
def test_a_new_event_source_is_loaded_by_its_type() -> None:
    document = functions(NIGHTLY, JOBS)
    esb_schemas.validate("functions", document)
    loaded = load_functions(document)
    assert loaded.functions["f"].events[1] == Queue("Queue", "Jobs", "jobs")
    assert dump_functions(loaded)["functions"] == document["functions"]


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({**JOBS, "batch_size": "many"}, "functions.f.events[0].batch_size: must be a whole number, not 'many'"),
        ({**JOBS, "queue": "poison"}, "functions.f.events[0]: must not be called poison"),
        ({**NIGHTLY, "schedule": "daily"}, "functions.f.events[0].schedule: must be"),
        ({**JOBS, "schedule": "rate(1 day)"}, "functions.f.events[0].schedule: unknown key"),
        ({**JOBS, "type": "Topic"}, "functions.f.events[0].type: must be Schedule, ScheduleV2 or Queue, not 'Topic'"),
        ({"name": "Jobs"}, "functions.f.events[0]: the key 'type' is missing"),
    ],
)
def test_an_event_is_checked_by_its_type(event: Entry, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        esb_schemas.validate("functions", functions(event))
    assert said in str(caught.value)


@pytest.mark.usefixtures("made_up")
def test_two_parts_cannot_define_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"properties": {"Other": {}}, "$defs": {"queue": {}}}))
    monkeypatch.setitem(SECTIONS, "Other", SECTIONS["Queues"]._replace(name="Other", schema_file=other))
    with pytest.raises(ValueError, match="two parts of a schema define queue"):
        schema("resources")
