"""Stages between template and output. Each takes an application and returns a changed one."""
