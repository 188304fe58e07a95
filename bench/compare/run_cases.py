"""Runs every case on a server: `python -m bench.compare.run_cases URL [KEY SECRET]` prints the outcomes as JSON.

An outcome is "" if the case passes, else why not, in one line. It is a program of its own because MiniStack is in a
network namespace.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from bench.compare.aws import Aws
from bench.compare.case import Case
from bench.compare.eventbridge import EVENTBRIDGE
from bench.compare.sns import SNS
from bench.compare.sqs import SQS

ALL = (*SQS.all, *SNS.all, *EVENTBRIDGE.all)
AT_ONCE = 8


def outcomes(cases: Sequence[Case], url: str, access_key: str, secret_key: str, at_once: int = AT_ONCE) -> list[str]:
    """The outcome of each case, in order. One that fails runs again alone, as a busy machine may have made it late."""
    run = partial(outcome, url=url, access_key=access_key, secret_key=secret_key)
    with ThreadPoolExecutor(at_once) as pool:
        found = list(zip(cases, pool.map(run, cases), strict=True))
    return [first and run(case) for case, first in found]


def outcome(case: Case, url: str, access_key: str, secret_key: str) -> str:
    """Run one case. What a server answers may be of any shape, so that any error in the check is its outcome."""
    try:
        case.check(Aws(url, access_key, secret_key))
    except AssertionError as error:
        return _line(error) or "wrong"
    except ClientError as error:
        return _line(f"{error.response['Error'].get('Code')}: {error.response['Error'].get('Message')}")
    except (BotoCoreError, LookupError, OSError, TypeError, ValueError) as error:
        return _line(f"{type(error).__name__}: {error}")
    return ""


def _line(text: object) -> str:
    return " ".join(str(text).split())[:200]


if __name__ == "__main__":
    server = sys.argv[1]
    keys = sys.argv[2:] or ["compare", "compare"]
    sys.stdout.write(json.dumps(outcomes(ALL, server, keys[0], keys[1])))
