"""Bodies of answers that are larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import BotoCoreError

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.steps import Answer

_CHUNK: Final = 1 << 18  # bytes


def chunks(answer: Answer) -> Iterator[bytes]:
    """The body of an answer in parts. Raises ServerError if it ends early."""
    try:
        yield from answer["Body"].iter_chunks(_CHUNK)
    except (BotoCoreError, OSError) as error:
        raise ServerError(ErrorKind.UNREACHABLE, type(error).__name__, str(error)) from None
