"""Deliveries to functions and HTTP endpoints.

A service adds them as rows of the transaction that accepts a message or an event (`esb_cloud.sql.tables.deliveries`).
`worker` sends what is due, `sending` turns a row into a request and judges the answer, `retries` says when a failed one
is tried again, `dead_letters` puts what is given up into a queue.
"""

from __future__ import annotations
