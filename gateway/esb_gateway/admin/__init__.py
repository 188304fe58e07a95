"""The gateway's own endpoints below `/_esb/`, and the commands that call them."""
