"""Stacks of several templates: nested ones, and those of one build."""
