"""Items of a seed: which files are read, and what of them is no item of the table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from esb_generator.errors import BuildError
from esb_generator.output.seeds.seed_items import read_items

TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "N"},
    ],
}


def items(folder: Path, text: str, table: dict[str, Any] = TABLE) -> list[Any]:
    file = folder / "orders.json"
    file.write_text(text)
    return [item for _place, item in read_items(file, table)]


def test_plain_json(tmp_path: Path) -> None:
    said = '[{"id": "a", "at": 1.50, "ok": true, "no": null, "list": ["x", 1e3], "map": {"n": 12345678901234567890}}]'
    assert items(tmp_path, said) == [
        {
            "id": {"S": "a"},
            "at": {"N": "1.50"},
            "ok": {"BOOL": True},
            "no": {"NULL": True},
            "list": {"L": [{"S": "x"}, {"N": "1E+3"}]},
            "map": {"M": {"n": {"N": "12345678901234567890"}}},
        }
    ]


def test_dynamodb_json_alone_and_as_exports_of_aws_have_it(tmp_path: Path) -> None:
    item = {
        "id": {"S": "a"},
        "at": {"N": "1"},
        "b": {"B": "AAE="},
        "sets": {"L": [{"SS": ["x"]}, {"NS": ["1", "2"]}, {"BS": ["AA=="]}]},
        "m": {"M": {"no": {"NULL": True}, "yes": {"BOOL": False}}},
    }
    assert items(tmp_path, f"{json.dumps(item)}\n\n{json.dumps({'Item': item})}\n") == [item, item]


def test_what_looks_like_dynamodb_json_inside_of_plain_json_stays_what_it_is(tmp_path: Path) -> None:
    (item,) = items(tmp_path, '{"id": "a", "at": 1, "size": {"S": "small"}}')
    assert item["size"] == {"M": {"S": {"S": "small"}}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "orders.json:1 is not JSON"),
        ("[{]", "orders.json is not JSON"),
        ('{"id": "a", "at": NaN}', "NaN is no number"),
        ('["a"]', "item 1, is no item of the table: an item is an object"),
        ('{"id": "a"}', "orders.json:1 is no item of the table: it lacks the key at"),
        ('{"id": 1, "at": 1}', "the key id has the type N, and in the table S"),
        ('{"id": "", "at": 1}', "the key id is empty"),
        ('{"id": {"S": "a"}, "at": 1}', 'at must be an object with one type, such as {"S": "text"}'),
        ('{"id": {"S": "a"}, "at": {"N": 1}}', "at must be text in quotes"),
        ('{"id": {"S": "a"}, "at": {"N": "one"}}', "at: 'one' is no number"),
        ('{"id": {"S": "a"}, "at": {"N": "1_000"}}', "at: '1_000' is no number"),
        ('{"id": {"S": "a"}, "at": {"N": "Infinity"}}', "at: 'Infinity' is no number"),
        ('{"id": {"S": "a"}, "at": {"N": "1e9999999999999999999999"}}', "is no number"),
        ('{"id": "a", "at": 1e126}', "no number of up to 38 digits"),
        ('{"id": "a", "at": 1e999999999999999999}', "no number of up to 38 digits"),
        ('{"id": "a", "at": 123456789012345678901234567890123456789}', "no number of up to 38 digits"),
        ('{"id": {"S": "a"}, "at": {"N": "1"}, "x": {"Q": 1}}', "x has the type Q, which DynamoDB does not have"),
        ('{"id": {"S": "a"}, "at": {"N": "1"}, "x": {"B": "!"}}', "x must be Base64"),
        ('{"id": {"S": "a"}, "at": {"N": "1"}, "x": {"SS": []}}', "x must be a list that is not empty"),
        ('{"id": {"S": "a"}, "at": {"N": "1"}, "x": {"M": {"y": 1}}}', "x.y must be an object with one type"),
        ('{"id": {"S": "a"}, "at": {"N": "1"}, "x": {"L": [{"BOOL": "yes"}]}}', "x[0] must be true or false"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_item_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BuildError, match=re.escape(said)):
        items(tmp_path, text)


def test_the_largest_number_of_dynamodb_is_kept(tmp_path: Path) -> None:
    largest = "9.9999999999999999999999999999999999999E+125"
    assert items(tmp_path, f'{{"id": "a", "at": {largest}}}') == [{"id": {"S": "a"}, "at": {"N": largest}}]


def test_a_binary_key_is_written_in_dynamodb_json(tmp_path: Path) -> None:
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "B"}],
    }
    assert items(tmp_path, '{"id": {"B": "AAE="}}', table) == [{"id": {"B": "AAE="}}]
    with pytest.raises(BuildError, match="write the item in DynamoDB JSON"):
        items(tmp_path, '{"id": "AAE="}', table)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_bytes(b'{"id": "\xff"}')
    with pytest.raises(BuildError, match="is not UTF-8"):
        list(read_items(tmp_path / "orders.json", TABLE))
