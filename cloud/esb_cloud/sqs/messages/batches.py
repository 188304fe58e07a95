"""Batches: what is checked of all entries, and the results of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from esb_cloud.aws.service import Call, Result
from esb_cloud.sqs.errors import entry_code, missing
from esb_cloud.sqs.queues.queue_attributes import MAX_MESSAGE
from esb_wire.errors import AwsError

_MAX_ENTRIES: Final = 10
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)


def each_entry(call: Call, name: str, work: Callable[[Mapping[str, Any]], Result], size: int = 0) -> Result:
    """Do the work for each entry; an AwsError fails that entry alone. It must be raised before anything is written.

    Raises AwsError if the batch as a whole is not valid. `size` is that of all messages, in bytes.
    """
    entries = call.parameters.get("Entries", [])
    _check(entries, name, size)
    successful, failed = [], []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **work(entry)})
        except AwsError as error:
            if error.status >= 500:  # not this entry's fault: nothing is half done
                raise
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": entry_code(error), "Message": str(error)})
    return {
        **({"Successful": successful} if successful else {"Successful": []}),
        **({"Failed": failed} if failed else {}),
    }


def _check(entries: list[Mapping[str, Any]], name: str, size: int) -> None:
    if not entries:
        message = f"There should be at least one {name}BatchRequestEntry in the request."
        raise AwsError("EmptyBatchRequest", message)
    if len(entries) > _MAX_ENTRIES:
        message = f"Maximum number of entries per request are {_MAX_ENTRIES}. You have sent {len(entries)}."
        raise AwsError("TooManyEntriesInBatchRequest", message)
    seen = set[str]()
    for entry in entries:
        id_ = entry.get("Id")
        if id_ is None:
            raise missing(f"{name}BatchRequestEntry.Id")
        if not _ID.fullmatch(id_):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if id_ in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {id_} repeated.")
        seen.add(id_)
    if size > MAX_MESSAGE:
        message = f"Batch requests cannot be longer than {MAX_MESSAGE} bytes. You have sent {size} bytes."
        raise AwsError("BatchRequestTooLong", message)
