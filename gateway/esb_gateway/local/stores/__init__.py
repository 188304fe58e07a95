"""The embedded database and storage: moto as a child process, with a journal for `--data`."""
