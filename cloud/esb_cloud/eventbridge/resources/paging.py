"""Pages of lists, and tags: alike for all of EventBridge's resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from esb_cloud.aws.page_tokens import InvalidToken, page_start, page_token
from esb_cloud.aws.service import Call, Result
from esb_cloud.eventbridge.errors import refused
from esb_wire.errors import AwsError

T = TypeVar("T")
_LARGEST: Final = 100
_MAX_TAGS: Final = 50


def limit(call: Call) -> int:
    """The maximum number of entries of a page."""
    found: int = call.parameters.get("Limit", _LARGEST)
    if not 1 <= found <= _LARGEST:
        raise refused(
            f"1 validation error detected: Value '{found}' at 'limit' failed to satisfy constraint: Member must have "
            f"value between 1 and {_LARGEST}"
        )
    return found


def after(call: Call) -> str:
    """The name after which the page begins. Raises AwsError for a token that was not given by `page`."""
    try:
        return page_start(call)
    except InvalidToken:
        raise refused("Parameter NextToken is not valid.") from None


def page(call: Call, name: str, found: Sequence[T], key: Callable[[T], str], show: Callable[[T], Any]) -> Result:
    """The result of a list: what was found behind the token, shown, and a token if there is more."""
    most = limit(call)
    result: Result = {name: [show(one) for one in found[:most]]}
    if len(found) > most:
        result["NextToken"] = page_token(key(found[most - 1]))
    return result


def read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key. Raises AwsError if there are too many."""
    found = {tag.get("Key", ""): tag.get("Value", "") for tag in tags}
    if len(found) > _MAX_TAGS:
        raise AwsError("LimitExceededException", "A resource can have 50 tags.")
    return found


def show_tags(tags: Mapping[str, str]) -> Result:
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
