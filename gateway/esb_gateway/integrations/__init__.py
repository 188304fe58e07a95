"""What answers a route: a function, a mock, another HTTP server."""
