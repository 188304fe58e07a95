"""What runs later: durable events with their retries and destinations, and schedules."""
