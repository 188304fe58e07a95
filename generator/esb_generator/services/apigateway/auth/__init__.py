"""Who may call a route: authorizers and resource policies of an API, and what a route has of them."""
