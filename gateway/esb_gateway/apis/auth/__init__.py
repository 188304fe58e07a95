"""Who may call a route: authorizers, IAM signatures, API keys and usage plans."""
