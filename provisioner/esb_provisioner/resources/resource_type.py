"""A kind of resource: a `ResourceType`, one row of `services.RESOURCE_TYPES`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.contents import Contents
from esb_provisioner.resources.self_test import SelfTest, no_test
from esb_provisioner.servers.errors import ErrorRule
from esb_provisioner.steps import Answer, Api, Resource, Step
from esb_schemas.backends import Backend


class Definition(Protocol):
    """An entry of resources.yml as a frozen value."""

    @property
    def resource(self) -> Resource: ...


D = TypeVar("D", bound=Definition)
S = TypeVar("S")


@dataclass(frozen=True, eq=False)
class ResourceType(Generic[D, S]):
    """One kind of resource.

    `kind` is its name in output ("table"), `section` the key of resources.yml whose entries `parse` takes (entry and
    region; a value under a key of `integers` is an int even if the file has its digits as text).

    `list_names` returns the names of all resources on the server; those in `built_in` exist on every server. `read`
    returns the current state of one, from the `answers` to successful changes if they show it; it raises ServerError
    (MISSING if the resource does not exist). `list_lags`: the list may lack a new resource, so after changes each
    resource is read by its name.

    `create` returns the steps for a resource that does not exist, `notes` the warnings about it, `delete` the steps
    that delete one with its data, for a `Reset`; `aspects` compares one that exists, in the order of the steps. They
    make no calls. `nothing` is the state of a resource without any settings.

    `in_environment` adapts the definition to variables of the environment. `self_test` runs at the end of a run without
    failures.

    `contents` exports and imports the resource's data; None if there is none.

    `calls` are the methods of boto3's client that the type may use, `error_rule` what the service's own errors mean.
    """

    kind: str
    section: str
    backend: Backend
    calls: frozenset[str]
    parse: Callable[[Mapping[str, Any], str], D]
    list_names: Callable[[Api], frozenset[str]]
    read: Callable[[Api, D, Sequence[Answer]], S]
    create: Callable[[D], Iterable[Step]]
    aspects: Callable[[D, S], Iterable[Aspect]]
    nothing: S
    list_lags: bool = False
    built_in: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    contents: Contents | None = None
    notes: Callable[[D], tuple[str, ...]] = lambda _definition: ()
    delete: Callable[[D], Iterable[Step]] = lambda _definition: ()
    in_environment: Callable[[D, Mapping[str, str]], D] = lambda definition, _environ: definition
    self_test: SelfTest = no_test
    error_rule: ErrorRule = lambda _operation, _code, _message: None

    @property
    def plural(self) -> str:
        """`tables`, `buses`"""
        return f"{self.kind}es" if self.kind.endswith("s") else f"{self.kind}s"


AnyType: TypeAlias = ResourceType[Any, Any]
