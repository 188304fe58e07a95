"""Fn::ForEach of the "AWS::LanguageExtensions transform": a mapping is repeated for each item of a collection."""

from __future__ import annotations

import re
from collections.abc import Callable

from esb_generator.cloudformation.reading.yaml_reader import MAX_NODES
from esb_generator.errors import error_at
from esb_generator.values import Map, Mark, Seq, Value

LOOP = "Fn::ForEach::"
Collection = Callable[[Value, Mark], list[str]]


def expand_loops(mapping: Map, collection: Collection) -> Map:
    """The mapping with its loops expanded, nested loops included.

    `collection` gives the items of a loop as texts. Raises TemplateError for a loop of another shape, for a duplicate
    key, and for one that grows beyond the size limit of a template.
    """
    return _Expansion(collection).expanded(mapping)


class _Expansion:
    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._nodes = 0

    def expanded(self, mapping: Map) -> Map:
        result = Map(mapping.mark)
        for key, value in mapping.items():
            key_at = mapping.key_mark(key)
            if not key.startswith(LOOP):
                _put(result, key, value, key_at, mapping.value_mark(key))
                continue
            for body in self._bodies(key, value, key_at):
                for made, entry in self.expanded(body).items():
                    _put(result, made, entry, key_at, body.value_mark(made))
        return result

    def _bodies(self, key: str, value: Value, at: Mark) -> list[Map]:
        """The loop's body, once for each item."""
        match value:
            case Seq([str() as identifier, items, Map() as body]):
                texts = self._collection(items, value.item_mark(1))
                return [self._filled_map(body, _Item(identifier, text), at) for text in texts]
            case _:
                raise error_at(at, f"{key} takes a list of three: an identifier, a collection, and a mapping")

    def _filled_map(self, body: Map, item: _Item, at: Mark) -> Map:
        result = Map(body.mark)
        for key, value in body.items():
            entry = self._filled(value, item, at)
            result.put(item.fill_in(key), entry, body.key_mark(key), body.value_mark(key))
        return result

    def _filled(self, node: Value, item: _Item, at: Mark) -> Value:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise error_at(at, f"this loop makes more than {MAX_NODES:,} values")
        match node:
            case str():
                return item.fill_in(node)
            case Map() if len(node) == 1 and node.get("Ref") == item.identifier:
                return item.text
            case Map():
                return self._filled_map(node, item, at)
            case Seq():
                result = Seq(node.mark)
                for index, child in enumerate(node):
                    result.add(self._filled(child, item, at), node.item_mark(index))
                return result
            case _:
                return node


class _Item:
    """An item of a loop: `${Identifier}` is its text, `&{Identifier}` its letters and digits."""

    def __init__(self, identifier: str, text: str) -> None:
        self.identifier = identifier
        self.text = text
        self._texts = {f"${{{identifier}}}": text, f"&{{{identifier}}}": re.sub(r"[^A-Za-z0-9]", "", text)}

    def fill_in(self, text: str) -> str:
        for variable, value in self._texts.items():
            text = text.replace(variable, value)
        return text


def _put(result: Map, key: str, value: Value, key_at: Mark, value_at: Mark) -> None:
    if key in result:
        raise error_at(key_at, f"{key} is made a second time; the first is at line {result.key_mark(key).line}")
    result.put(key, value, key_at, value_at)
