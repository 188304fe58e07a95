"""The JSON Schemas of the three files, validation, and error messages.

`catalogue` combines them from parts, `compiled_validator` says whether a document is valid. If it is not,
`schema_errors` gets the reason from jsonschema, and `messages` makes it a sentence.
"""
