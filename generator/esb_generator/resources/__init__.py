"""Resolved resources whose every value knows its place in the template."""
