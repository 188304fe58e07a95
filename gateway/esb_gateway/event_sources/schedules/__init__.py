"""Schedules: when they fire, and the event that each delivers to its function."""
