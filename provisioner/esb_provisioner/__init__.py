"""esb-provision: creates the tables and buckets of resources.yml; a second run changes nothing.

The stages, in order, each with its input and its output:

    cli           arguments, environment       -> exit code; `printer` writes what it prints
    desired       resources.yml                -> Desired, the resources of the file
    observed      Desired, the servers         -> Observed, a snapshot of the current state
    plan          Desired, Observed            -> Plan, steps with their causes; pure
    apply         Plan, the servers            -> Outcomes, one for each step
    report        Plans, Outcomes              -> Report, one result for each resource; pure

`provisioning` connects the stages. They know no AWS service: each has a sub-package of `services` with its rows of the
table RESOURCE_TYPES, whose parts are in `resources`. `servers.clients` alone uses the AWS SDK; `servers.errors` and the
services know what errors mean.
"""
