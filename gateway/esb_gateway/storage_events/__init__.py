"""Changes in buckets as a feed: pages of object events, each after a cursor.

    GET /_esb/storage-events                          no events, and the cursor to begin with
    GET /_esb/storage-events?after=CURSOR&seconds=S   events after it, as soon as there are some; after S seconds none

Three servers have such a feed: the embedded storage (`esb_gateway.local`), and `esb-gateway storage-events`, which
reads the log of SeaweedFS's filer, or takes what RustFS sends to its webhook. The gateway reads it
(`event_sources.s3`), and keeps the cursor.
"""
