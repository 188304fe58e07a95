"""resources.yml: what the provisioner creates, by section; each entry has boto3's names and shapes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from esb_schemas.documents.contract_version import VERSION
from esb_schemas.documents.records import NOTHING, plain
from esb_schemas.sections import SECTIONS

Entry: TypeAlias = Mapping[str, Any]


class Resources(NamedTuple):
    """The file: the entries of each section, by its name (`DynamoDB`, `S3`)."""

    sections: Mapping[str, Sequence[Entry]] = NOTHING


def load_resources(document: Mapping[str, Any]) -> Resources:
    """The value of a valid resources.yml; every known section is in it."""
    return Resources({name: tuple(document.get(name, ())) for name in SECTIONS})


def dump_resources(value: Resources) -> dict[str, Any]:
    """The document that the value is read from, as plain data: its sections in the order of the table.

    Raises KeyError for a section without a row.
    """
    if unknown := value.sections.keys() - SECTIONS.keys():
        raise KeyError(*unknown)
    entries = {name: value.sections.get(name, ()) for name in SECTIONS}
    return {
        "Version": VERSION,
        **{name: plain(each) for name, each in entries.items() if each or SECTIONS[name].always},
    }
