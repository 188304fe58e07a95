"""A row of the table of sections."""

from pathlib import Path
from typing import NamedTuple

from esb_schemas.documents.checks import Check


class Section(NamedTuple):
    """A section of resources.yml. `service` is the backing service, `identity` the key that identifies an entry.

    `schema_file` has its part of the JSON Schema: `properties` and `$defs`. `always`: the generator writes the section
    even if it is empty. `checks` are about an entry, `whole_checks` about the whole document. `has_variables`: texts
    of its entries may be references to variables (`esb_schemas.documents.variables`).
    """

    name: str
    service: str
    identity: str
    checks: tuple[Check, ...]
    schema_file: Path
    always: bool = False
    whole_checks: tuple[Check, ...] = ()
    has_variables: bool = False
