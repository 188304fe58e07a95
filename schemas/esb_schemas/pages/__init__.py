"""Pages of docs/ that are made of tables: each module is named after its page, and prints it.

`nox -s docs` runs them, and the modules of `esb_generator.pages` and `esb_cloud.pages`.
"""
