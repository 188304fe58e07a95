"""Amazon DynamoDB: tables."""
