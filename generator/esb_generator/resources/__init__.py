"""Resolved resources in which every value has its position in the template."""
