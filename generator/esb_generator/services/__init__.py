"""One sub-package an AWS service: its resource types and event source types."""
