"""What a topic sends: its texts, their signature, the HTTP endpoints that get them and when they are tried again."""
