"""`ResourceType`, the row that a service exports, and its parts: reading, comparing and seeding a resource."""
