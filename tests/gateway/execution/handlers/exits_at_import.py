"""Ends before it has begun."""

import sys

sys.stdout.write("cannot go on\n")
sys.exit(7)
