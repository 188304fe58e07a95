"""The three files as documents: read, validated, and explained where they are wrong.

`loading` validates in three steps: foreign formats (`foreign_formats`); the JSON Schema of `catalogue`, compiled
(`compiled_validator`, and `schema_errors` with `messages` to explain an error); the rules of `esb_schemas.validation`.
"""
