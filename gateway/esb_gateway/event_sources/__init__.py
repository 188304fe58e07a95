"""What delivers events to functions without a request: one sub-package a kind of source."""
