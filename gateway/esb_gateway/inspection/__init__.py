"""`/_esb/testing/`: what tests ask a running gateway, and how they empty it. Only with `local --testing`."""
