"""The gateway: dispatches requests, has its parts put together, starts and stops them."""
