"""Sample events for `esb-gateway event`, made by the code that delivers the real ones."""
