"""EventBridge against what AWS was recorded to answer: each recorded test is asked again.

Left out are archives, targets that this stack has not, OAuth, and secrets in Secrets Manager.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from tests.cloud.recorded.events_cases import Ask, Asker, cases
from tests.cloud.running_cloud import RunningCloud
from tests.gateway.recorded.recordings import MISSING, RECORDED, compare

CASES = list(cases())

# What the recorder has replaced by a word of its own, and what has another name here
_MASKED = re.compile(
    r"\.(MD5OfBody|ReceiptHandle|Signature|SigningCertURL|TopicArn|UnsubscribeURL|EventId)$"
    r"|\.Targets\[-\d+\]\.(Id|Arn)$|\.RuleNames\[-\d+\]$|\.NextToken$"
)
_WORDS = {"message-id": "<message-id:1>", '"time":"date"': '"time":"<time:1>"'}
_TIME_IN_TEXT = re.compile(r" date(?=[,\\])")
EXPECTED: dict[str, tuple[str, str]] = {
    "test_put_target_id_validation": (
        r"^put-targets-length-error",
        "The recorded value was shortened by the recorder.",
    ),
}


@pytest.mark.server
@pytest.mark.skipif(not RECORDED.is_dir(), reason=MISSING)
@pytest.mark.parametrize(("area", "name", "ask"), CASES, ids=[case[1] for case in CASES])
def test_the_answers_are_the_recorded_ones(
    area: str, name: str, ask: Ask, cloud: RunningCloud, sqs_results: Counter[tuple[str, str]]
) -> None:
    recorded, answers = recordings()[name], ask(Asker(cloud))
    differences = {
        f"{step}{path}": text
        for step, content in recorded.items()
        if step in answers
        for path, text in compare(_with_placeholders(content), answers[step]).items()
        if not _MASKED.search(path)
    }
    differences |= dict.fromkeys(recorded.keys() - answers.keys(), "not asked")
    sqs_results[area, "different" if differences else "equal"] += 1
    pattern = EXPECTED.get(name, (r"$^", ""))[0]
    unexpected = {path: text for path, text in differences.items() if not re.search(pattern, path)}
    assert not unexpected, "\n".join(f"{path}: {text}" for path, text in unexpected.items())
    assert bool(differences) is (name in EXPECTED)


def recordings() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((RECORDED / "events").glob("*.json")):
        tests = json.loads(path.read_text(encoding="utf-8"))
        found |= {name.rpartition("::")[2]: content["recorded-content"] for name, content in tests.items()}
    return found


def _with_placeholders(content: Any) -> Any:
    text = json.dumps(content)
    for word, placeholder in _WORDS.items():
        text = text.replace(json.dumps(word)[1:-1], json.dumps(placeholder)[1:-1])
    return json.loads(_TIME_IN_TEXT.sub(" <time:1>", text))
