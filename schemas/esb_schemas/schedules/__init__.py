"""Schedules of EventBridge: expressions, and their times."""
