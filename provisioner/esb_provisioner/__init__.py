"""esb-provision: makes the tables and buckets that resources.yml asks for, and nothing twice.

The stages, in order, each with its input and its output:

    cli           arguments, environment       -> exit code; the only module that prints
    desired       resources.yml                -> Desired, what the file asks for
    observed      Desired, the servers         -> Observed, a snapshot of what is there
    plan          Desired, Observed            -> Plan, steps with their causes; pure
    apply         Plan, the servers            -> Outcomes, one a step
    report        Plans, Outcomes              -> Report, one result a resource; pure

`provisioning` puts the stages together, `servers` is the only module that knows the AWS SDK, and `answers` knows what
the errors of different servers mean.
"""

from esb_provisioner.embedding import provision
from esb_provisioner.report import Exit, Report, Result, State

__all__ = ["Exit", "Report", "Result", "State", "__version__", "provision"]

__version__ = "0.1.0"
