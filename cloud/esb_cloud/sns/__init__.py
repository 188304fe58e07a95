"""SNS: topics, and what is sent to their subscribers.

Messages to queues are written by the transaction that accepts them; those to functions and HTTP endpoints are rows of
`esb_cloud.deliveries`. Text messages, e-mail and mobile push do not exist here.
"""

from __future__ import annotations

from esb_cloud.sns.service import SERVICE

__all__ = ["SERVICE"]
