"""The aspect of tags, for all types that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.reading import UNKNOWN, IsUnknown, unless_unsupported
from esb_provisioner.steps import Api, ApiCall, Operation, Resource


def tag_aspect(
    resource: Resource,
    wanted: Mapping[str, str],
    there: Mapping[str, str] | IsUnknown | None,
    tag: Callable[[Mapping[str, str]], ApiCall],
    key: str = "Tags",
) -> Iterator[Aspect]:
    """`tag` makes the call that sets missing and different tags; other tags are kept.

    `key` is the tags' key in resources.yml. `there` is None if they were not read.
    """
    if there is None or there is UNKNOWN:
        if wanted:
            yield Aspect(key, _text(wanted), UNKNOWN)
        return
    missing = {name: value for name, value in sorted(wanted.items()) if there.get(name) != value}
    step = Operation(resource, key, f"{key}: {', '.join(missing)}", tag(missing))
    yield Aspect(key, _text(wanted), _text(there), (step,), same=not missing)


def read_tags(api: Api, call: ApiCall) -> Mapping[str, str] | IsUnknown:
    """The tags that a call answers, UNKNOWN if the server does not have it."""
    answer = unless_unsupported(partial(api, call))
    return UNKNOWN if answer is UNKNOWN else {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}


def tag_pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As most services take them: `[{"Key": "team", "Value": "blue"}]`."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _text(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(tags.items())) or "none"
