"""`python -m esb_generator` is `esb`."""

from esb_generator.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
