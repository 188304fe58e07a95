"""Amazon API Gateway: REST APIs, HTTP APIs, their routes and authorizers."""
