"""`python -m esb_gateway` is `esb-gateway`."""

from esb_gateway.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
