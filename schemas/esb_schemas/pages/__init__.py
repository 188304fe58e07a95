"""Pages of docs/ that are made of tables: each module is named after its page, and `nox -s docs` runs them all."""
