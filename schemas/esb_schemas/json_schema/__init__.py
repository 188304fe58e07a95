"""The JSON Schemas of the three files: put together, compiled, and explained where a document breaks them.

`catalogue` puts them together from parts, `compiled_validator` says whether a document is valid. `schema_errors` asks
jsonschema why one is not, and `messages` has the sentence for it.
"""
