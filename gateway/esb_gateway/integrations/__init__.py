"""What answers a route: a function, a static response, another HTTP server."""
