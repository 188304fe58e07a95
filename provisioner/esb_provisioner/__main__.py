"""`python -m esb_provisioner` is `esb-provision`."""

from esb_provisioner.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
