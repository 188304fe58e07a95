"""Addresses that only programs of this machine can reach."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host name or an IP address is one of the loopback interface."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
