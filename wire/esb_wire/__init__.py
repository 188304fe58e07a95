"""The protocols of ESB's servers: HTTP, AWS Signature Version 4, and the shapes of AWS's errors. Knows no service."""
