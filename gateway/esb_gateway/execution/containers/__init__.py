"""Functions in containers."""
