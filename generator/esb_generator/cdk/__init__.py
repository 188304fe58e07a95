"""Reads the output of `cdk synth`: the folder `cdk.out`, and the special parts of its templates."""
