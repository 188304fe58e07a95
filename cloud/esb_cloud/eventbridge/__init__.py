"""EventBridge: buses, rules and their targets.

PutEvents writes what an event becomes in the transaction that accepts it: messages in queues and of topics, deliveries
to functions and API destinations (`esb_cloud.deliveries`). Archives, partner sources and global endpoints do not exist
here.
"""

from __future__ import annotations

from esb_cloud.eventbridge.service import SERVICE

__all__ = ["SERVICE"]
