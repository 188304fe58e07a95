"""Third stage: what the file says and what was seen give what there is to do. Pure; no API call follows from here."""

from __future__ import annotations

from esb_provisioner.buckets import plan_bucket
from esb_provisioner.desired import Desired
from esb_provisioner.observed import Observed
from esb_provisioner.steps import Plan
from esb_provisioner.tables import plan_table


def plan(desired: Desired, observed: Observed) -> Plan:
    """Every resource's plan, sorted by resource; one that is as the file says has neither steps nor drift."""
    tables = (plan_table(table, observed.tables.get(table.name)) for table in desired.tables)
    buckets = (plan_bucket(bucket, observed.buckets.get(bucket.name)) for bucket in desired.buckets)
    return Plan(tuple(sorted((*tables, *buckets), key=lambda each: each.resource)))
