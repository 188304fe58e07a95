"""`esb graph`: the files of .esb/config as a picture of what calls what."""
