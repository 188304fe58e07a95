"""The settings of a build: the options of the command line, samconfig, files of settings, and defaults."""
