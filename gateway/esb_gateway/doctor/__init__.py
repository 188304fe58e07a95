"""`esb-gateway doctor`: what of this machine keeps a stack from starting, or makes it other than its folder."""
