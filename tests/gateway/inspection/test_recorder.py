"""What is recorded of invocations, and for how long."""

from __future__ import annotations

import pytest

from esb_gateway.inspection import recorder as recorder_module
from esb_gateway.inspection.recorder import Recorder
from esb_gateway.invocation import Ending, Invocation, Outcome, Throttled
from tests.gateway.async_invoke.fakes import FakeFunctions, function

NOW = 1_700_000_000.0


def invocation(number: int, payload: bytes = b"{}", name: str = "work") -> Invocation:
    return Invocation(name, payload, f"id-{number}", "Root=1-0", f"arn:{name}")


@pytest.fixture
def functions() -> FakeFunctions:
    return FakeFunctions({"work": function("work", logical_id="WorkFunction")})


@pytest.fixture
def recorder(functions: FakeFunctions) -> Recorder:
    return Recorder(functions, lambda: NOW)


def test_an_invocation_with_its_event_and_its_outcome(recorder: Recorder, functions: FakeFunctions) -> None:
    outcomes: list[Outcome] = []
    recorder.submit(invocation(1, b'{"a": 1}'), outcomes.append)
    (record,) = recorder.records()
    assert (record.shown()["event"], record.shown()["outcome"]) == ({"a": 1}, None)
    assert recorder.running == {record}
    functions.running["id-1"](Outcome(Ending.FUNCTION_ERROR, b'{"errorType": "E"}', duration_ms=2.0))
    assert record.shown() == {
        "function": "work",
        "request_id": "id-1",
        "arn": "arn:work",
        "started": "2023-11-14T22:13:20.000Z",
        "event": {"a": 1},
        "outcome": "function error",
        "duration_ms": 2.0,
        "response": {"errorType": "E"},
    }
    assert [outcome.ending for outcome in outcomes] == [Ending.FUNCTION_ERROR]
    assert not recorder.running


def test_those_of_a_function_by_its_name_or_logical_id(recorder: Recorder) -> None:
    recorder.submit(invocation(1), lambda _: None)
    recorder.submit(invocation(2, name="other"), lambda _: None)
    for name in ("work", "WorkFunction"):
        assert [record.invocation.request_id for record in recorder.records(name)] == ["id-1"]
    assert recorder.records("unknown") == []
    recorder.clear()
    assert recorder.records() == []


def test_what_is_refused_did_not_begin(recorder: Recorder, functions: FakeFunctions) -> None:
    functions.refusal = Throttled("no slot")
    with pytest.raises(Throttled):
        recorder.submit(invocation(1), lambda _: None)
    assert (recorder.records(), recorder.begun) == ([], 0)


def test_old_records_make_room(recorder: Recorder, functions: FakeFunctions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MAX_RECORDS", 2)
    for number in (1, 2, 3):
        recorder.submit(invocation(number), lambda _: None)
    assert [record.invocation.request_id for record in recorder.records()] == ["id-2", "id-3"]
    monkeypatch.setattr(recorder_module, "MAX_BYTES", 100)
    functions.running["id-2"](Outcome(Ending.DONE, b"x" * 99))
    assert [record.invocation.request_id for record in recorder.records()] == ["id-3"]


def test_what_ends_after_it_was_forgotten_takes_no_room(
    recorder: Recorder, functions: FakeFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MAX_BYTES", 100)
    recorder.submit(invocation(1), lambda _: None)
    recorder.clear()
    functions.running["id-1"](Outcome(Ending.DONE, b"x" * 99))
    recorder.submit(invocation(2), lambda _: None)
    assert [record.invocation.request_id for record in recorder.records()] == ["id-2"]


def test_what_is_no_json_is_text(recorder: Recorder, functions: FakeFunctions) -> None:
    recorder.submit(invocation(1), lambda _: None)
    functions.running["id-1"](Outcome(Ending.DONE, b"plain \xff"))
    assert recorder.records()[0].shown()["response"] == "plain �"
