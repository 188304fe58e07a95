"""The way of an event: PutEvents, the rules that match it, their targets; and the events of schedules."""
