"""Sources that invoke functions by themselves, as AWS's event source mappings do: a sub-package for each kind."""
