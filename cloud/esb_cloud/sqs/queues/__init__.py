"""Queues themselves: the operations that create, find, change and show them, their addresses, attributes and tags."""
