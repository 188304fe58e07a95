"""The embedded database and storage: moto's DynamoDB and S3 as one WSGI application, and nothing else of moto.

A request goes body → service → lock → moto → journal → response. Requests run one at a time, which costs nothing in a
program that only runs Python; so the order in the journal is the order in which changes happened, and replaying them
gives the same state. moto's random ids come from a generator that is seeded before each change with its number; the
ids of multipart uploads do not, and are translated. When many lines of the journal do not matter any more, it is
written anew without them.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeAlias, cast
from urllib.parse import parse_qs, quote, unquote

from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.test import run_wsgi_app

from esb_gateway.local.backends import EMBEDDED
from esb_gateway.local.stores.contents import delete_contents
from esb_gateway.local.stores.journal.effects import effect_of
from esb_gateway.local.stores.journal.journal_file import Change, Journal
from esb_gateway.local.stores.journal.live_lines import Line, LiveLines
from esb_gateway.local.stores.journal.table_items import item_changes
from esb_gateway.local.stores.moto_patches.old_items import forget_old_items
from esb_gateway.local.stores.moto_patches.queries import read_one_partition
from esb_gateway.local.stores.moto_patches.transactions import copy_named_items
from esb_gateway.local.stores.object_events.object_changes import object_events, object_requests
from esb_gateway.local.stores.object_events.object_log import ObjectLog
from esb_gateway.local.stores.one_region import OneRegion
from esb_gateway.local.stores.request_check import Refusal
from esb_gateway.local.stores.request_check import refusal as refusal_of
from esb_gateway.local.stores.requests import (
    Environ,
    environ_of,
    is_read,
    kept_variables,
    read_body,
    service_of,
    trace_of,
)
from esb_gateway.not_in_this_stack.answers import refusal
from esb_gateway.storage_events.object_event import MAX_WAIT, PATH, SIGNING_NAME, page_document
from esb_wire.errors import AwsError

Check: TypeAlias = Callable[[Environ, str, bytes], Refusal | None]

RESET: Final = "/_esb/testing/reset"  # no name of a bucket begins with _
SERVICES: Final = tuple(service for row in EMBEDDED for service in (row.service, *row.apis))
_UPLOAD_ID: Final = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_UPLOAD_PARAMETER: Final = re.compile(r"(?<=uploadId=)[^&]+")


@dataclass(frozen=True, slots=True)
class StoreResponse:
    """A response to a client."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return int(self.status[:3]) < 400


class Stores:
    """The application. `journal` keeps the changes; without one they end with the process. `check` refuses requests.

    With `testing`, which excludes a journal, a request can delete all items and objects.
    """

    def __init__(
        self,
        journal: Journal | None,
        report: Callable[[str], object],
        check: Check = lambda *_request: None,
        *,
        testing: bool = False,
    ) -> None:
        forget_old_items()
        read_one_partition()
        copy_named_items()
        self._check = check
        self._testing = testing
        self._applications = {name: create_backend_app(cast(Any, name)) for name in SERVICES}
        self._journal = journal
        self._live = LiveLines()
        self._region = OneRegion()
        self._report = report
        self._refused = 0
        self._lock = Lock()
        self._unwritten: Change | None = None
        self._failing = False
        self._changes = 0
        self._objects = ObjectLog()
        self._uploads: dict[
            str, str
        ] = {}  # ids of multipart uploads: those that clients have -> those since this start

    def replay(self) -> int:
        """Replay the journal; returns how many of its changes are refused now. Raises JournalError."""
        refused = 0
        for line, change in self._journal or ():
            self._changes = max(self._changes, change.seed + 1)
            refused += not self._repeat(change)
            self._note(line, change)
        self._refused = refused
        self._objects.begin()
        if self._journal is not None:
            self._shorten(self._journal)
        return refused

    def _repeat(self, change: Change) -> bool:
        """Whether the change is accepted again."""
        try:
            environ = environ_of(change.variables)
            self._region.apply(environ)
            response = self._change(environ, change.body, change.seed)
        except Exception:  # moto raises what it does not expect; a client gets a 500
            return False
        upload = _upload_of(response)
        if change.upload is not None and upload is not None:
            self._uploads[change.upload] = upload
        return response.ok

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        body = read_body(environ)
        service = service_of(environ)
        if body is None:
            response = StoreResponse("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")], b"")
        elif self._testing and environ.get("PATH_INFO") == RESET:
            response = self._reset(environ, body)
        elif service not in (*SERVICES, SIGNING_NAME):
            response = _refusal(service, environ, body)
        elif refusal := self._check(environ, service, body):
            response = StoreResponse(*refusal)
        elif service == SIGNING_NAME:
            response = self._feed(environ)
        else:
            with self._lock:
                self._region.apply(environ)
                response = self._respond(environ, body)
        start_response(response.status, response.headers)
        return [response.body]

    def _reset(self, environ: Environ, body: bytes) -> StoreResponse:
        if refusal := self._check(environ, "dynamodb", body):
            return StoreResponse(*refusal)
        with self._lock:
            deleted = json.dumps(delete_contents()).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(deleted)))]
        return StoreResponse("200 OK", headers, deleted)

    def _respond(self, environ: Environ, body: bytes) -> StoreResponse:
        if is_read(environ):
            return self._call(environ, body)
        if self._journal is None:
            self._changes += 1
            return self._noting_objects(environ, body, self._changes)
        service = service_of(environ)
        if reason := self._write(self._journal):
            return _not_kept(service, reason)
        variables, seed = kept_variables(environ), self._changes  # before moto adds its own
        self._changes += 1
        response = self._change(environ, body, seed)
        if response.ok:
            self._unwritten = Change(variables, body, _upload_of(response), seed)
            if reason := self._write(self._journal):
                return _not_kept(service, reason)
            self._shorten(self._journal)
        return response

    def _write(self, journal: Journal) -> str:
        """Write the change that is not in the file yet; why it cannot be. No other change is made before it is there,
        because what follows it in the file may depend on it.
        """
        if self._unwritten is not None:
            try:
                line = journal.append(self._unwritten)
            except OSError as error:
                reason = f"{journal.path} cannot be written: {error.strerror or error}"
                if not self._failing:
                    self._report(f"{reason}; nothing is changed until it can be.")
                self._failing = True
                return reason
            self._note(line, self._unwritten)
            self._unwritten, self._failing = None, False
        return ""

    def _change(self, environ: Environ, body: bytes, seed: int) -> StoreResponse:
        mock_random.seed(seed)
        return self._noting_objects(environ, body, seed + 1)

    def _noting_objects(self, environ: Environ, body: bytes, number: int) -> StoreResponse:
        """Carry out a change, and note what it does to objects."""
        if service_of(environ) != "s3":
            return self._call(environ, body)
        requests = object_requests(environ, body)
        response = self._call(environ, body)
        if requests and response.ok:
            self._objects.add(number, object_events(requests, time.time_ns(), trace_of(environ)))
        return response

    def _feed(self, environ: Environ) -> StoreResponse:
        """A page of the events of objects; see `esb_gateway.storage_events`."""
        query = parse_qs(environ.get("QUERY_STRING", ""))
        after, seconds = query.get("after", [""])[-1], query.get("seconds", ["0"])[-1]
        if environ.get("PATH_INFO") != PATH or not (seconds.isdigit() and (not after or after.isdigit())):
            return StoreResponse("404 Not Found", [("Content-Length", "0")], b"")
        page = self._objects.read(int(after) if after else None, min(float(seconds), MAX_WAIT))
        content = json.dumps(page_document(page)).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        return StoreResponse("200 OK", headers, content)

    def _note(self, line: Line, change: Change) -> None:
        effect = effect_of(service_of(change.variables), change.variables, change.body, change.upload)
        self._live.add(line, effect)

    def _shorten(self, journal: Journal) -> None:
        """Write the journal anew if many of its lines do not matter any more. Requests wait until it is done."""
        if self._refused or not self._live.is_due():  # another version of moto may accept what this one refused
            return
        kept = self._live.kept()
        try:
            saved = list(item_changes()) if self._live.replaces_items else []
            lines = journal.shorten([line for line, _ in kept], [change for change, _ in saved])
        except Exception as error:  # moto's objects can raise anything; the request that was answered is in the file
            self._live.defer()
            self._report(f"the data is complete, but its file cannot be shortened: {error!r}.")
            return
        self._live = LiveLines()
        for line, (_, effect) in zip(lines, kept, strict=False):
            self._live.add(line, effect)
        self._live.add_saved(lines[len(kept) :], sum(count for _, count in saved))

    def _call(self, environ: Environ, body: bytes) -> StoreResponse:
        if self._uploads:
            _translate(environ, self._uploads)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        content, status, headers = run_wsgi_app(self._applications[service_of(environ)], environ, buffered=True)
        return StoreResponse(status, list(headers), b"".join(content))


def _refusal(service: str, environ: Mapping[str, Any], body: bytes) -> StoreResponse:
    """The response for a service that is not embedded."""
    variables = {
        "content-type": "CONTENT_TYPE",
        "smithy-protocol": "HTTP_SMITHY_PROTOCOL",
        "x-amz-target": "HTTP_X_AMZ_TARGET",
    }
    lowered = {name: environ[variable] for name, variable in variables.items() if variable in environ}
    response = refusal(service, lowered, environ.get("PATH_INFO", ""), body)
    headers = [*response.headers, ("Content-Length", str(len(response.body)))]
    return StoreResponse(f"{response.status} Bad Request", headers, response.body)


def _not_kept(service: str, reason: str) -> StoreResponse:
    """The response to a change that the file does not have."""
    code = "InternalError" if service == "s3" else "InternalServerError"
    return StoreResponse(*refusal_of(AwsError(code, f"{reason}.", 500), service))


def _upload_of(response: StoreResponse) -> str | None:
    """The id of the multipart upload that the request began."""
    if b"<InitiateMultipartUploadResult" not in response.body[:400]:
        return None
    found = _UPLOAD_ID.search(response.body)
    return None if found is None else found[1].decode()


def _translate(environ: Environ, uploads: Mapping[str, str]) -> None:
    def now(found: re.Match[str]) -> str:
        known = unquote(found[0])
        return quote(uploads.get(known, known), safe="")

    for name in ("QUERY_STRING", "RAW_URI", "REQUEST_URI"):
        if name in environ:
            environ[name] = _UPLOAD_PARAMETER.sub(now, environ[name])
