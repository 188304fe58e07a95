"""Checks of a template and of its application: what is unsupported, missing, or there twice."""
