"""The public side as values: requests, routes, events, answers, signatures. Nothing here waits or writes."""
