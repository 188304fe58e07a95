"""Schedules of EventBridge: their expressions, and the times that these mean."""
