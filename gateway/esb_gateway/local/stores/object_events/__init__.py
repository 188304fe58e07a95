"""The events of objects in the embedded storage, for the feed that the gateway reads."""
