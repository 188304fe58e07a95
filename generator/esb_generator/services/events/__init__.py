"""Amazon EventBridge: rules with a schedule."""
