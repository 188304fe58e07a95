"""Pages of docs/ that are generated from tables. Each module is named after its page, and prints it.

`nox -s docs` runs them, and the modules of `esb_generator.pages` and `esb_cloud.pages`.
"""
