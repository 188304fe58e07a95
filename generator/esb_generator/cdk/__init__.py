"""The output of `cdk synth`: the folder `cdk.out`, and what its templates have that other templates do not."""
