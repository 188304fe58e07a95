"""Deletes expired items of tables whose database does not: "Using time to live (TTL)" in DynamoDB's guide."""
