"""The public listener, and the way of a request from there to a function and back."""
