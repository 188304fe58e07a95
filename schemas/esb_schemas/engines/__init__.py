"""The engines: the servers that can stand behind a backing service, and what each of them can do."""
