"""Renders values and templates as text."""
