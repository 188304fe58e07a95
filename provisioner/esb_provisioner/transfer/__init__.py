"""`esb-provision export` and `import`: copy the contents of tables and buckets to a folder, and into any server."""
