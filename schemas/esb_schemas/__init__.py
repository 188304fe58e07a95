"""The contract between ESB's build time and run time.

`esb build` hands three files to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables, buckets and so on that the provisioner creates;
- `functions.yml`: which functions the gateway runs, and how;
- `routing.yml`: which request reaches which function.

Validation has three steps, and the first problem becomes one `ContractError`: foreign formats (`foreign_formats`); the
JSON Schema (`compiled_validator`, and `schema_errors` with `messages` to explain an error); rules beyond JSON Schema
(`validation`). `contract` has the content of a valid file as frozen values, `backends` the table of backing services.
"""

from typing import TYPE_CHECKING, Any

from esb_schemas.entry_points import load_object

if TYPE_CHECKING:
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

_OBJECTS = {
    "KINDS": "esb_schemas.kinds:KINDS",
    "ContractError": "esb_schemas.errors:ContractError",
    "Kind": "esb_schemas.kinds:Kind",
    "Problem": "esb_schemas.errors:Problem",
    "dotted": "esb_schemas.errors:dotted",
    "entry_problems": "esb_schemas.documents:entry_problems",
    "load": "esb_schemas.documents:load",
    "problems": "esb_schemas.documents:problems",
    "schema": "esb_schemas.catalogue:schema",
    "section_problems": "esb_schemas.documents:section_problems",
    "validate": "esb_schemas.documents:validate",
}


def __getattr__(name: str) -> Any:
    """Import an object above when it is used: a command's help needs the contract no more than its errors do."""
    if name not in _OBJECTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load_object(_OBJECTS[name])
