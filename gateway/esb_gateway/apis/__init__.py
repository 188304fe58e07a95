"""REST APIs, HTTP APIs and function URLs: routing, events, responses, CORS."""
