"""Runs functions: slots and queues, the Runtime API, and the two ways to host a runtime."""
