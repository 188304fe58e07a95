"""AWS's protocols: from a request to an operation of a service, and from its result to a response. Knows no service."""
