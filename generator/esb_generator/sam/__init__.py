"""What the SAM transform adds: Globals, implicit APIs, generated logical ids, samconfig."""
