"""What the contract knows of one section of resources.yml."""

from __future__ import annotations

from typing import NamedTuple

from esb_schemas.checks import Check


class Section(NamedTuple):
    """A row of the table. `service` is its backing service's, `identity` the key that tells its entries apart.

    `definition` is an entry's name in `$defs` of resources.schema.json; `always`: the generator writes the section
    also when it is empty.
    """

    name: str
    service: str
    definition: str
    identity: str
    checks: tuple[Check, ...]
    always: bool = False
