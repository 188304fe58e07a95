"""`python -m esb_cloud` is `esb-cloud`."""

from esb_cloud.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
