"""`/_esb/env`: the addresses of the servers that this gateway started, for `esb-gateway env`.

It is signed as the Invoke API is. A gateway in a container started none: the ports of its servers on the host machine
are known to Docker alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_schemas.endpoints import STACK, Endpoint
from esb_wire.errors import AwsProtocol, error_response
from esb_wire.http.messages import Request, Response, json_response
from esb_wire.sigv4 import SignatureError, Verify

PATH: Final = "/_esb/env"
ENDPOINT: Final = Endpoint("GET", PATH, STACK, "`variables`: addresses of the servers that `esb-gateway local` started")


class EnvPage:
    """`variables` are environment variables."""

    def __init__(self, variables: Mapping[str, str], verify: Verify) -> None:
        self._response = json_response(200, {"variables": dict(variables)})
        self._verify = verify

    async def get(self, request: Request) -> Response:
        """See `pages.Page`."""
        try:
            self._verify(request)
        except SignatureError as error:
            return error_response(error, AwsProtocol.REST_JSON)
        return self._response
