"""Rules beyond JSON Schema (compose-go's `validation`): a table of checks for each kind of document."""
