"""`esb graph`: the call graph of an application, from the files of .esb/config."""
