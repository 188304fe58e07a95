"""Read a YAML file as plain data: dates stay text, and a repeated key is an error."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, Final

import yaml

from esb_schemas.errors import ContractError
from esb_schemas.lazy_pattern import LazyPattern

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # a PyYAML without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

A_FOLDER: Final = (
    "this is a folder, not a file: Docker creates an empty folder if the file is missing at `docker compose up`; "
    "remove the folder and run `esb build` again"
)

EMPTY: Final = "the file is empty; run `esb build` to create it again, or write {} for an empty document"

# libyaml's composer recurses for each level, without a limit: the process crashes at some 20,000 levels.
_MOST_BRACKETS: Final = 1_000  # open at a time
_DEEP_BLOCK: Final = LazyPattern(rb"[ ?:-]{5000}")  # a level of a block takes at least half a column
_NO_BRACKET: Final = LazyPattern(rb"[^\[\]{}]+")
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
# Aliases are references, so a few lines can stand for more values than any validation visits.
_MOST_VALUES: Final = 500_000
_TOO_DEEP: Final = "this is not valid YAML: it is nested too deeply"

MERGE_TAG: Final = "tag:yaml.org,2002:merge"
TIMESTAMP_TAG: Final = "tag:yaml.org,2002:timestamp"


class Loader(SafeLoader):
    """Safe YAML without timestamps and repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            written = (key.tag, str(key.value))
            if written in seen and key.tag != MERGE_TAG:
                twice = f"the key {key.value!r} is given twice"
                raise yaml.constructor.ConstructorError(problem=twice, problem_mark=key.start_mark)
            seen.add(written)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP_TAG]
    for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> object:
    """The document of a file. Raises ContractError if the file is missing, empty, malformed or a folder."""
    name = str(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ContractError(name, "", "the file does not exist; run `esb build` to create it") from None
    except IsADirectoryError:
        raise ContractError(name, "", A_FOLDER) from None
    except OSError as error:
        raise ContractError(name, "", f"the file cannot be read: {error.strerror}") from None
    document = parse(content, name)
    if document is None:
        raise ContractError(name, "", EMPTY)
    return document


def parse(content: bytes, name: str) -> object:
    """YAML as plain data, None for an empty document. Raises ContractError with line and column."""
    if _is_deep(content):
        raise ContractError(name, "", _TOO_DEEP)
    try:
        if b"&" in content and b"*" in content:  # most files have no aliases, and are read once
            _count(yaml.compose(content, Loader=Loader), {})
        return yaml.load(content, Loader=Loader)  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ContractError(name, place, f"this is not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ContractError(name, "", f"this is not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ContractError(name, "", _TOO_DEEP) from None


def _count(node: Any, counted: dict[int, int]) -> int:
    """The number of values of a node; those of an alias count each time. `counted` caches the numbers, by node id.

    Raises yaml.MarkedYAMLError if there are too many, or if an alias contains itself.
    """
    if id(node) in counted:
        if not counted[id(node)]:
            problem = "an alias is part of what it stands for"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
        return counted[id(node)]
    counted[id(node)] = 0
    parts = node.value if isinstance(node, yaml.CollectionNode) else ()
    total = 1 + sum(_count(part, counted) for part in (chain(*parts) if isinstance(node, yaml.MappingNode) else parts))
    if total > _MOST_VALUES:
        problem = f"there are more than {_MOST_VALUES:,} values, if those of aliases are counted each time"
        raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
    counted[id(node)] = total
    return total


def _is_deep(content: bytes) -> bool:
    """Brackets within texts count, too; none of our files has a thousand unclosed ones."""
    content = content.replace(b"\0", b"")  # of UTF-16, which libyaml reads
    brackets = _NO_BRACKET.sub(b"", content)
    deepest = max(accumulate(map(_STEP.__getitem__, brackets)), default=0)
    return deepest > _MOST_BRACKETS or _DEEP_BLOCK.search(content) is not None
