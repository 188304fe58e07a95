"""The checks of each kind of document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.catalogue import Kind
from esb_schemas.errors import Problem
from esb_schemas.meaning.buckets import BUCKET_CHECKS, own_bucket_names
from esb_schemas.meaning.entries import Check, of_each_entry
from esb_schemas.meaning.functions import FUNCTION_CHECKS, capacities_in_order
from esb_schemas.meaning.guards import (
    AUTHORIZER_CHECKS,
    GUARD_CHECKS,
    keys_of_rest_apis,
    known_authorizer,
    plans_of_what_is_there,
)
from esb_schemas.meaning.routes import (
    API_CHECKS,
    ROUTE_CHECKS,
    default_route_of_http_api,
    payload_of_its_api,
    served_once,
)
from esb_schemas.meaning.schedules import SCHEDULE_CHECKS
from esb_schemas.meaning.tables import TABLE_CHECKS, own_table_names

WHOLE: Final = ""

# By the top-level key whose every entry they are about, or about the whole document.
CHECKS: Final[Mapping[Kind, Mapping[str, tuple[Check, ...]]]] = {
    "resources": {
        "DynamoDB": TABLE_CHECKS,
        "S3": BUCKET_CHECKS,
        WHOLE: (own_table_names, own_bucket_names),
    },
    "functions": {
        "functions": (*FUNCTION_CHECKS, *SCHEDULE_CHECKS),
        WHOLE: (capacities_in_order,),
    },
    "routing": {
        "apis": (*API_CHECKS, *AUTHORIZER_CHECKS),
        "routes": (*ROUTE_CHECKS, *GUARD_CHECKS),
        WHOLE: (
            payload_of_its_api,
            default_route_of_http_api,
            served_once,
            known_authorizer,
            keys_of_rest_apis,
            plans_of_what_is_there,
        ),
    },
}


def first_problem(kind: Kind, document: Mapping[str, Any]) -> Problem | None:
    """The first thing in a well-shaped document that cannot be meant."""
    return next(problems(kind, document), None)


def problems(kind: Kind, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything in a well-shaped document that cannot be meant."""
    for key, checks in CHECKS[kind].items():
        if key == WHOLE:
            for check in checks:
                yield from check(document)
        else:
            yield from of_each_entry(document, key, checks)
