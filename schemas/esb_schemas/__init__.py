"""The contract between ESB's build time and run time.

`esb build` hands three files to the provisioner and the gateway, each with a JSON Schema (2020-12):

- `resources.yml`: the tables, buckets and so on that the provisioner creates;
- `functions.yml`: which functions the gateway runs, and how;
- `routing.yml`: which request reaches which function.

Their packages, each of which imports those before it only: `documents` (plain data), `sections` and `event_sources`
(the parts of the files that belong to one AWS service), `contract` (the content of a valid file as frozen values),
`json_schema` (the shape of a file), `validation` (`loading` reads a file, and its first problem becomes one
`ContractError`). Beside them `backends` and `engines` are the tables of backing services and of their servers.
"""
