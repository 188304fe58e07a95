"""The contract between ESB's build time and run time.

Three files pass from `esb build` to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables and buckets that the provisioner creates;
- `functions.yml`: what the gateway may run, and how;
- `routing.yml`: which request reaches which function.

A document goes through layout (`other_layouts`), shape (`shape`, `wording`) and meaning (`meaning`); the first
thing that is wrong becomes one `ContractError`.
"""

from esb_schemas.catalogue import KINDS, Kind, schema
from esb_schemas.contract import load, validate
from esb_schemas.errors import ContractError

__all__ = ["KINDS", "ContractError", "Kind", "load", "schema", "validate"]
