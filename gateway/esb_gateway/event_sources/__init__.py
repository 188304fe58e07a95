"""What invokes functions by itself, as AWS's event source mappings do. One sub-package for each kind of source."""
