"""Subscriptions: the operations that change and show them, their attributes, filter policies, confirmation."""
