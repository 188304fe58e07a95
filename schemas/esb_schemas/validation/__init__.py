"""Rules beyond JSON Schema (compose-go's `validation`): a table of checks for each kind of document."""

from esb_schemas.validation.rules import entries, problems, rules

__all__ = ["entries", "problems", "rules"]
