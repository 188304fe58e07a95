"""The schemas are composed of parts; the files that editors read are what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from esb_schemas.contract import dump_functions, dump_resources, load_functions
from esb_schemas.documents.checks import Entry
from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.errors import ContractError
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.json_schema.publish import published
from esb_schemas.sections import SECTIONS
from esb_schemas.validation.loading import validate
from tests.schemas.widgets import WidgetSource, registered

SCHEMAS: Final = Path(__file__).parents[3] / "schemas"


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_file_is_current(kind: Kind) -> None:
    text = (SCHEMAS / f"{kind}.schema.json").read_text("utf-8")
    assert text == published(kind), "run `python -m esb_schemas.json_schema.publish schemas`"


@pytest.fixture
def made_up() -> Iterator[None]:
    """The contract has the made-up service."""
    with registered():
        yield


def functions(*events: Entry) -> dict[str, Any]:
    """A functions.yml with one function of these events."""
    return {"functions": {"f": {"handler": "app.f", "runtime": "python3.12", "events": list(events)}}}


NIGHTLY: Final = {"type": "Schedule", "name": "Nightly", "schedule": "rate(1 day)"}
JOBS: Final = {"type": "Widget", "name": "Jobs", "queue": "jobs"}


@pytest.mark.usefixtures("made_up")
def test_a_new_section_is_checked_by_its_part_and_its_rules() -> None:
    validate("resources", {"Widget": [{"QueueName": "jobs"}, {"QueueName": "mails"}]})
    for entries, said in (
        ([{}], "Widget[0]: the key 'QueueName' is missing"),
        ([{"QueueName": "poison"}], "Widget[0].QueueName: must not be poison"),
        ([{"QueueName": "a"}, {"QueueName": "a"}], "Widget[1].QueueName: 'a' is already the QueueName of Widget[0]"),
    ):
        with pytest.raises(ContractError) as caught:
            validate("resources", {"Widget": entries})
        assert said in str(caught.value)


@pytest.mark.usefixtures("made_up")
def test_a_new_section_is_written_only_when_it_has_entries() -> None:
    sections: dict[str, list[dict[str, str]]] = {"DynamoDB": [], "S3": [], "Widget": [{"QueueName": "jobs"}]}
    assert dump_resources(sections) == {"Version": 1, **sections}
    assert "Widget" not in dump_resources({"S3": []})


@pytest.mark.usefixtures("made_up")
def test_a_new_event_source_is_loaded_by_its_type() -> None:
    document = functions(NIGHTLY, JOBS)
    validate("functions", document)
    loaded = load_functions(document)
    assert loaded.functions["f"].events[1] == WidgetSource("Widget", "Jobs", "jobs")
    assert dump_functions(loaded)["functions"] == document["functions"]


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({**JOBS, "batch_size": "many"}, "functions.f.events[0].batch_size: must be a whole number, not 'many'"),
        ({**JOBS, "queue": "poison"}, "functions.f.events[0].queue: must not be poison"),
        ({**NIGHTLY, "schedule": "daily"}, "functions.f.events[0].schedule: must be"),
        ({**JOBS, "schedule": "rate(1 day)"}, "functions.f.events[0].schedule: unknown key"),
        (
            {**JOBS, "type": "Topic"},
            "functions.f.events[0].type: must be Schedule, ScheduleV2, sqs, dynamodb or Widget, not 'Topic'",
        ),
        ({"name": "Jobs"}, "functions.f.events[0]: the key 'type' is missing"),
    ],
)
def test_an_event_is_checked_by_its_type(event: Entry, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        validate("functions", functions(event))
    assert said in str(caught.value)


@pytest.mark.usefixtures("made_up")
def test_two_parts_cannot_define_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"properties": {"Other": {}}, "$defs": {"widget_queue": {}}}))
    monkeypatch.setitem(SECTIONS, "Other", SECTIONS["Widget"]._replace(name="Other", schema_file=other))
    with pytest.raises(ValueError, match="two parts of a schema define widget_queue"):
        schema("resources")
