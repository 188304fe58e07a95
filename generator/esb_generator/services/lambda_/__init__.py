"""AWS Lambda: functions, layers, URLs and asynchronous invocation."""
