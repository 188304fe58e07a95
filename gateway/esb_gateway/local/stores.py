"""The embedded database and storage: moto's DynamoDB and S3 as one WSGI application, and nothing else of moto.

A request goes body → service → lock → moto → journal → answer. Requests run one at a time, which costs nothing in a
program that is busy with Python all the time; so the order in the journal is the order in which changes happened, and
doing them again gives the same state. moto's random ids come from a generator that is seeded before each change with
its number; the ids of multipart uploads do not, and are translated.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeAlias
from urllib.parse import quote, unquote

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.test import run_wsgi_app

from esb_gateway.local.journal import Change, Journal
from esb_gateway.local.unsupported_service import refusal

Environ: TypeAlias = dict[str, Any]

SERVICES: Final = ("dynamodb", "s3")
_ORIGINAL_NAMES: Final = "moto.preserved_header_names"
_READS: Final = ("Get", "BatchGet", "TransactGet", "Query", "Scan", "List", "Describe")
_SCOPE: Final = re.compile(r"Credential=[^,&\s]+(?:/|%2F)([^/,&%\s]+)(?:/|%2F)aws4_request", re.IGNORECASE)
_UPLOAD_ID: Final = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_UPLOAD_PARAMETER: Final = re.compile(r"(?<=uploadId=)[^&]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def fine(self) -> bool:
        """Whether the request did what it asked for."""
        return int(self.status[:3]) < 400


class Stores:
    """The application. `journal` keeps the changes; without one they are gone with the process."""

    def __init__(self, journal: Journal | None) -> None:
        self._applications = {name: create_backend_app(name) for name in SERVICES}
        self._journal = journal
        self._lock = Lock()
        self._changes = 0
        self._uploads: dict[str, str] = {}  # a multipart upload's id as clients know it: its id since the last start

    def replay(self) -> int:
        """Do again what the journal says; gives how many of its changes are refused now. Raises JournalError."""
        refused = 0
        for change in self._journal or ():
            answer = self._change(_environ(change.variables), change.body)
            upload = _upload_of(answer)
            if change.upload is not None and upload is not None:
                self._uploads[change.upload] = upload
            refused += not answer.fine
        return refused

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        body = _read_body(environ)
        service = service_of(environ)
        if body is None:
            answer = Answer("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")], b"")
        elif service not in SERVICES:
            answer = Answer(*refusal(service, environ, body))
        else:
            with self._lock:
                answer = self._answer(environ, body)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _answer(self, environ: Environ, body: bytes) -> Answer:
        if self._journal is None or is_read(environ):
            return self._ask(environ, body)
        variables = _variables(environ)  # before moto adds its own
        answer = self._change(environ, body)
        if answer.fine:
            self._journal.append(Change(variables, body, _upload_of(answer)))
        return answer

    def _change(self, environ: Environ, body: bytes) -> Answer:
        mock_random.seed(self._changes)
        self._changes += 1
        return self._ask(environ, body)

    def _ask(self, environ: Environ, body: bytes) -> Answer:
        if self._uploads:
            _translate(environ, self._uploads)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        content, status, headers = run_wsgi_app(self._applications[service_of(environ)], environ, buffered=True)
        return Answer(status, list(headers), b"".join(content))


def service_of(environ: Mapping[str, Any]) -> str:
    """The service that the signature names, in a header or in a presigned URL; unsigned: DynamoDB by its header.

    DynamoDB's streams are signed as DynamoDB but are a service of their own.
    """
    target: str | None = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None and target.startswith("DynamoDBStreams"):
        return "dynamodbstreams"
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION") or environ.get("QUERY_STRING", ""))
    if scope is not None:
        return scope[1].lower()
    return "s3" if target is None else "dynamodb"


def is_read(environ: Mapping[str, Any]) -> bool:
    """Whether the request changes nothing for sure."""
    target: str | None = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return target.partition(".")[2].startswith(_READS)
    return environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS")


def _read_body(environ: Environ) -> bytes | None:
    """The whole body, before the lock is taken; None when the client left in the middle of it."""
    if environ.pop("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        return bytes(environ["wsgi.input"].read())  # the server takes the chunks apart
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(size)
    return body if len(body) == size else None


def _variables(environ: Environ) -> dict[str, Any]:
    """What makes the request, of everything that a WSGI server says: CGI's variables, without the signature."""
    said = {name: value for name, value in environ.items() if name.isupper() and isinstance(value, str)}
    said["HTTP_AUTHORIZATION"] = said.get("HTTP_AUTHORIZATION", "").partition("Signature=")[0]
    return said | {_ORIGINAL_NAMES: environ.get(_ORIGINAL_NAMES, {})}


def _environ(variables: Mapping[str, Any]) -> Environ:
    return {
        **variables,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _upload_of(answer: Answer) -> str | None:
    """The id of the multipart upload that this began."""
    if b"<InitiateMultipartUploadResult" not in answer.body[:400]:
        return None
    found = _UPLOAD_ID.search(answer.body)
    return None if found is None else found[1].decode()


def _translate(environ: Environ, uploads: Mapping[str, str]) -> None:
    def now(found: re.Match[str]) -> str:
        known = unquote(found[0])
        return quote(uploads.get(known, known), safe="")

    for name in ("QUERY_STRING", "RAW_URI", "REQUEST_URI"):
        if name in environ:
            environ[name] = _UPLOAD_PARAMETER.sub(now, environ[name])
