"""The answers to SDKs that call a service which the stack lacks."""
