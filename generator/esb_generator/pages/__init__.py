"""The page of docs/ that is generated from this package's tables, as in `esb_schemas.pages`."""
