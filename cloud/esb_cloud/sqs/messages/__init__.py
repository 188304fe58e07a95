"""Messages: the operations that send, receive, hide, delete and move them, and what ends them after their time."""
