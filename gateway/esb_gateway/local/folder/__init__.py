"""The folder that `esb build` has written: what is in it, and what one run changes of that."""
