"""Intrinsic functions, conditions and rules are replaced by their values."""
