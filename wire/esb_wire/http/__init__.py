"""An HTTP/1.1 server: the messages, the limits, one `asyncio.Protocol` a connection, and the listener around them."""
