"""The log lines of functions."""
