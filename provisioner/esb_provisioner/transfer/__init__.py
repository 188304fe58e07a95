"""`esb-provision export` and `import`: the contents of tables and buckets, to a folder and into any other server."""
