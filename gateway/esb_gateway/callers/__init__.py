"""Who may call a route: authorizers, tokens, API keys, and what those get that may not."""
