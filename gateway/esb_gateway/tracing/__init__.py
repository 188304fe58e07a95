"""Identity of requests: their ids, and the trace that they belong to."""
