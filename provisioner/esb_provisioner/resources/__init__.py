"""The rows that a service exports, `resource_type`, and their parts: how a resource is read, compared and seeded."""
