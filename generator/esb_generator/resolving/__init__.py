"""Plain data becomes resources with nothing left to resolve."""
