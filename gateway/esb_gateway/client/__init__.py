"""The client side: how commands reach a gateway, and how SDKs on this machine reach a stack."""
