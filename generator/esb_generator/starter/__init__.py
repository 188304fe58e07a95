"""`esb init`: a small application to start from, or the files that an existing one lacks."""
