"""The page of docs/ that is made of this package's tables, as in `esb_schemas.pages`."""
