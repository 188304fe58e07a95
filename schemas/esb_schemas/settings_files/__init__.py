"""Files of settings and credentials beside an application: `.env`, `esb.env`, those of `--env-vars`."""
