"""Child processes of the gateway: they are started here, their ends are seen, and none outlives it."""
