"""Log lines, the access log, and counts for metrics."""
