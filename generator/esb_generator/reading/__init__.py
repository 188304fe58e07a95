"""Files become plain data that remembers every position."""
