"""The Lambda API: Invoke, with and without a streamed response."""
