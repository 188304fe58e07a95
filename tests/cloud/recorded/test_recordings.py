"""SQS against what AWS was recorded to answer: each recorded test is asked again, in both protocols.

Every recorded step of `sqs` is compared, but for two tests whose recordings are empty.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.cloud.recorded.cases import Ask, Asker, cases
from tests.cloud.running_cloud import RunningCloud
from tests.gateway.recorded.recordings import MISSING, RECORDED, compare

CASES = list(cases())

_DETAIL = "An error of the Query protocol has an empty Detail; the recorder took it out of this recording alone."
# The paths of the answers that differ, and why
EXPECTED: dict[str, tuple[tuple[str, ...], str]] = {
    "test_delete_message_batch_with_too_large_batch[sqs_query]": (("error_response.Error.Detail",), _DETAIL),
    **{
        f"test_delete_message_batch_invalid_msg_id[sqs_query-{id_}]": (("error_response.Error.Detail",), _DETAIL)
        for id_ in ("", "invalid:id", "testLongId" * 10)
    },
}


@pytest.mark.server
@pytest.mark.skipif(not RECORDED.is_dir(), reason=MISSING)
@pytest.mark.parametrize(("area", "protocol", "name", "ask"), CASES, ids=[case[2] for case in CASES])
def test_the_answers_are_the_recorded_ones(  # noqa: PLR0917 - given by name
    area: str, protocol: str, name: str, ask: Ask, cloud: RunningCloud, sqs_results: Counter[tuple[str, str]]
) -> None:
    recorded, answers = recordings()[name], ask(Asker(cloud, protocol))
    assert answers.keys() >= recorded.keys()
    differences = {
        f"{step}{path}": text
        for step, content in recorded.items()
        for path, text in compare(content, answers[step]).items()
    }
    sqs_results[area, "different" if differences else "equal"] += 1
    expected, _ = EXPECTED.get(name, ((), ""))
    assert differences.keys() == set(expected), "\n".join(f"{path}: {text}" for path, text in differences.items())


@pytest.mark.skipif(not RECORDED.is_dir(), reason=MISSING)
def test_every_recorded_test_with_content_is_asked_once() -> None:
    names = Counter(case[2] for case in CASES)
    assert set(names.values()) == {1}
    assert {name for name, content in recordings().items() if content} == names.keys()


def test_every_expected_difference_is_of_a_case_and_has_a_reason() -> None:
    assert EXPECTED.keys() <= {case[2] for case in CASES}
    assert all(paths and reason.endswith(".") for paths, reason in EXPECTED.values())


def recordings() -> dict[str, Any]:
    tests = json.loads((RECORDED / "sqs/test_sqs.json").read_text(encoding="utf-8"))
    return {name.partition("::")[2]: content["recorded-content"] for name, content in tests.items()}
