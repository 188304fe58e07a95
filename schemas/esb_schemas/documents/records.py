"""Records (named tuples) to and from the plain data of a YAML file.

The fields of a record have the names and the order of the keys in the file. A field with a default is a key that may
be absent; one without is always written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

T = TypeVar("T")
Record = TypeVar("Record", bound=tuple[Any, ...])
Loader: TypeAlias = Callable[[Mapping[str, Any]], T]

_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})


def loader(type_: Callable[..., Record], **loaders: Callable[[Any], Any]) -> Loader[Record]:
    """A function that makes records from valid mappings: `loaders` convert values by key, lists become tuples."""
    return lambda entry: type_(**{key: loaders.get(key, _frozen)(value) for key, value in entry.items()})


def record_of(type_: Callable[..., Record], **fields: Any) -> Record:
    """A record with the fields that are not None; the others keep their defaults."""
    return type_(**{name: value for name, value in fields.items() if value is not None})


def dict_of(load: Loader[T]) -> Callable[[Mapping[str, Any]], dict[str, T]]:
    """A loader of mappings whose values `load` makes."""
    return lambda entries: {name: load(entry) for name, entry in entries.items()}


def tuple_of(load: Loader[T]) -> Callable[[Iterable[Any]], tuple[T, ...]]:
    """A loader of lists whose items `load` makes."""
    return lambda entries: tuple(map(load, entries))


def plain(value: Any, always: Collection[str] = ()) -> Any:
    """A value as YAML and JSON Schema want it: mappings, lists and scalars of the built-in types.

    Fields of a record that are empty or equal to their default are left out, except those named in `always`.
    """
    match value:
        case str():
            return str(value)
        case tuple() if hasattr(value, "_fields"):
            return _entries(value, always)
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case bool() | None:
            return value
        case int():
            return int(value)
        case float():
            return float(value)
        case _:
            return str(value)


def _entries(value: Any, always: Collection[str]) -> dict[str, Any]:
    defaults = value._field_defaults
    entries = {
        name: plain(item)
        for name, item in zip(value._fields, value, strict=True)
        if name not in defaults or name in always or item != defaults[name]
    }
    return {name: item for name, item in entries.items() if item not in _EMPTY or name in always}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
