"""`esb init`: a new small application, or the missing files of an existing one."""
