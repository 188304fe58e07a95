"""What every server of ESB speaks: HTTP, AWS Signature Version 4, and the shapes of AWS's errors. Knows no service."""
