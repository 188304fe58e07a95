"""What a condition of a resource policy says of a request."""

from __future__ import annotations

import pytest

from esb_schemas.policy_conditions import ConditionContext, InvalidCondition, UnknownCondition, condition

CONTEXT = ConditionContext("10.1.2.3", False, 1661990400.0)  # 2022-09-01T00:00:00Z


@pytest.mark.parametrize(
    ("operator", "key", "values", "holds"),
    [
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8"], True),
        ("IpAddress", "AWS:sourceip", ["10.1.2.3"], True),
        ("IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.1.2.3/24"], True),
        ("IpAddress", "aws:SourceIp", ["10.2.0.0/16", "2001:db8::/32"], False),
        ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.168.0.0/16"], False),
        ("NotIpAddress", "aws:SourceIp", ["192.168.0.0/16"], True),
        ("IpAddressIfExists", "aws:SourceIp", ["10.0.0.0/8"], True),
        ("Bool", "aws:SecureTransport", ["false"], True),
        ("Bool", "aws:SecureTransport", ["True"], False),
        ("DateGreaterThan", "aws:CurrentTime", ["2022-08-31T23:59:59Z"], True),
        ("DateGreaterThan", "aws:CurrentTime", ["2022-09-01T00:00:00Z"], False),
        ("DateGreaterThanEquals", "aws:CurrentTime", ["2022-09-01"], True),
        ("DateLessThan", "aws:CurrentTime", ["2022-09-01T09:00:01+09:00"], True),
        ("DateLessThanEquals", "aws:CurrentTime", ["1661990399"], False),
        ("DateNotEquals", "aws:CurrentTime", ["2022-09-01", "2023-01-01"], False),
        ("DateEquals", "aws:CurrentTime", ["2022-09-01", "2023-01-01"], True),
    ],
)
def test_a_condition_holds_for_one_of_its_values(operator: str, key: str, values: list[str], holds: bool) -> None:
    assert condition(operator, key, values)(CONTEXT) is holds


@pytest.mark.parametrize(
    ("address", "holds"),
    [("::ffff:10.1.2.3", True), ("::1", False), ("2001:db8::1", False), ("fe80::1%eth0", False), ("", False)],
)
def test_an_address_of_another_version_is_not_in_a_block(address: str, holds: bool) -> None:
    assert condition("IpAddress", "aws:SourceIp", ["10.0.0.0/8"])(CONTEXT._replace(address=address)) is holds


@pytest.mark.parametrize(
    ("operator", "key"),
    [("StringEquals", "aws:SourceVpce"), ("IpAddress", "aws:VpcSourceIp"), ("ForAnyValue:IpAddress", "aws:SourceIp")],
)
def test_a_condition_that_nothing_checks(operator: str, key: str) -> None:
    with pytest.raises(UnknownCondition, match=f"^{operator} of {key}$"):
        condition(operator, key, ["x"])


@pytest.mark.parametrize(
    ("operator", "key", "value", "said"),
    [
        ("IpAddress", "aws:SourceIp", "10.0.0", "must be an address or a block such as 10.0.0.0/8, not '10.0.0'"),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/40", "not '10.0.0.0/40'"),
        ("Bool", "aws:SecureTransport", "yes", "must be true or false, not 'yes'"),
        ("DateLessThan", "aws:CurrentTime", "soon", "must be a date such as 2026-09-01T00:00:00Z, not 'soon'"),
    ],
)
def test_a_value_that_cannot_be_compared(operator: str, key: str, value: str, said: str) -> None:
    with pytest.raises(InvalidCondition) as failure:
        condition(operator, key, [value])
    assert str(failure.value).endswith(said)
