"""Authorization of routes: authorizers, IAM signatures, API keys and usage plans."""
