"""Routes of events and of OpenAPI documents, their methods and paths, and the order in which they match."""
