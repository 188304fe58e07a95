"""The contract between ESB's build time and run time.

`esb build` hands three files to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables, buckets and so on that the provisioner creates;
- `functions.yml`: which functions the gateway runs, and how;
- `routing.yml`: which request reaches which function.

Validation has three steps, and the first problem becomes one `ContractError`: foreign formats (`foreign_formats`); the
JSON Schema (`compiled_validator`, and `schema_errors` with `messages` to explain an error); rules beyond JSON Schema
(`validation`). `contract` has the content of a valid file as frozen values, `backends` the table of backing services.
"""

from esb_schemas.catalogue import schema
from esb_schemas.documents import entry_problems, load, problems, section_problems, validate
from esb_schemas.errors import ContractError, Problem, dotted
from esb_schemas.kinds import KINDS, Kind

__all__ = [
    "KINDS",
    "ContractError",
    "Kind",
    "Problem",
    "dotted",
    "entry_problems",
    "load",
    "problems",
    "schema",
    "section_problems",
    "validate",
]
