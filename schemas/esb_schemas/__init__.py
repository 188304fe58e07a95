"""The contract between ESB's build time and run time.

`esb build` hands three files to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables, buckets and so on that the provisioner creates;
- `functions.yml`: which functions the gateway runs, and how;
- `routing.yml`: which request reaches which function.

`documents` reads and validates them, and the first problem becomes one `ContractError`; `validation` has the rules
beyond JSON Schema. `contract` has the content of a valid file as frozen values, `backends` the table of backing
services.
"""
