"""`python -m esb_generator` is `esb`."""

from esb_generator.cli import program

if __name__ == "__main__":
    raise SystemExit(program())
