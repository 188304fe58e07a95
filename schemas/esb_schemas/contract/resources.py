"""resources.yml: what the provisioner creates, by section; each entry has boto3's names and shapes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from esb_schemas.documents.contract_version import VERSION
from esb_schemas.documents.records import plain
from esb_schemas.sections import SECTIONS

Entry: TypeAlias = Mapping[str, Any]


def dump_resources(sections: Mapping[str, Sequence[Entry]]) -> dict[str, Any]:
    """The document of the entries of each section, by its name (`DynamoDB`, `S3`), in the order of the table.

    Raises KeyError for a section without a row.
    """
    if unknown := sections.keys() - SECTIONS.keys():
        raise KeyError(*unknown)
    entries = {name: sections.get(name, ()) for name in SECTIONS}
    return {
        "Version": VERSION,
        **{name: plain(each) for name, each in entries.items() if each or SECTIONS[name].always},
    }
