"""The contract between ESB's build time and run time.

Three files pass from `esb build` to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables and buckets that the provisioner creates;
- `functions.yml`: what the gateway may run, and how;
- `routing.yml`: which request reaches which function.

A document is checked for foreign formats (`other_layouts`), against its schema (`acceptance`, `shape`) and by rules
beyond it (`validation`); the first thing that is wrong becomes one `ContractError`. `contract` has what a valid
document holds as frozen values, `backends` the table of backing services.
"""

from esb_schemas.catalogue import schema
from esb_schemas.documents import load, validate
from esb_schemas.errors import ContractError
from esb_schemas.kinds import KINDS, Kind

__all__ = ["KINDS", "ContractError", "Kind", "load", "schema", "validate"]
