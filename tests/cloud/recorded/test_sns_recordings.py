"""SNS against what AWS was recorded to answer: each recorded test is asked again.

Left out are text messages and mobile push, which this stack has not, and tests of other services.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from tests.cloud.recorded.sns_cases import Ask, Asker, cases
from tests.cloud.running_cloud import RunningCloud
from tests.gateway.recorded.recordings import MISSING, RECORDED, compare

CASES = list(cases())

# Who owns a subscription: there is one account, and it has no users
_PRINCIPAL = r"\.SubscriptionPrincipal$"
# The paths of the answers that differ, and why
_HEADERS = r"-headers(-raw)?\.(Accept-Encoding|Connection|Content-Length)$|^nonexistent-token-confirm$"
EXPECTED: dict[str, tuple[str, str]] = {
    f"test_subscribe_external_http_endpoint[{raw}]": (
        _HEADERS,
        "Each delivery has a connection of its own; AWS lets tokens confirm that it never gave out.",
    )
    for raw in (True, False)
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
        for path, text in compare(content, answers[step]).items()
        if not re.search(_PRINCIPAL, path)
    }
    differences |= dict.fromkeys(recorded.keys() - answers.keys(), "not asked")
    sqs_results[area, "different" if differences else "equal"] += 1
    pattern = EXPECTED.get(name, (r"$^", ""))[0]
    unexpected = {path: text for path, text in differences.items() if not re.search(pattern, path)}
    assert not unexpected, "\n".join(f"{path}: {text}" for path, text in unexpected.items())
    assert bool(differences) is (name in EXPECTED)


def recordings() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in ("test_sns", "test_sns_filter_policy"):
        tests = json.loads((RECORDED / f"sns/{module}.json").read_text(encoding="utf-8"))
        found |= {name.partition("::")[2]: content["recorded-content"] for name, content in tests.items()}
    return found
