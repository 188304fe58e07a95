"""`esb-gateway local`: database, storage, provisioner and functions as processes of this machine."""
