"""The targets of events: destinations, dead letters. One module for each service that an ARN can name."""
