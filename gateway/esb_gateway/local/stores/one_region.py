"""One region for the embedded database: tables are found whatever region a client is set to.

As DynamoDB Local with `-sharedDb`, and as the servers of the containers: code with a region of its own, and a person
whose profile has another one, see the same tables.
"""

from __future__ import annotations

import re
from typing import Any, Final

_CREDENTIAL: Final = re.compile(
    r"(?P<before>Credential=[^/,\s]+/\d+/)(?P<region>[^/,\s]+)(?P<after>/dynamodb/aws4_request)"
)


class OneRegion:
    """The region of the first request, which is the provisioner's, or the first in the journal, is that of all."""

    def __init__(self) -> None:
        self._region: str | None = None

    def apply(self, environ: dict[str, Any]) -> None:
        """Let a request, whose signature has been checked, name the region in its WSGI variables."""
        header = environ.get("HTTP_AUTHORIZATION", "")
        found = _CREDENTIAL.search(header)
        if found is None:
            return
        self._region = self._region or found["region"]
        environ["HTTP_AUTHORIZATION"] = _CREDENTIAL.sub(rf"\g<before>{self._region}\g<after>", header)
