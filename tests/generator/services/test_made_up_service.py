"""A service that nothing knows goes from a template to the model by its rows alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.errors import TemplateError
from esb_generator.expand import Expansion, expand
from esb_generator.output.documents.check import check
from esb_generator.output.documents.documents import documents
from esb_generator.resources.registry import Registry
from esb_generator.services import REGISTRY, SERVICES
from esb_generator.values import Map
from tests.generator.contexts import context
from tests.generator.services.widgets import SERVICE
from tests.schemas.widgets import WidgetSource, registered

WITH_WIDGETS = Registry((*SERVICES, SERVICE))
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::Widget::Queue, Properties: {DelaySeconds: 5}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {QUEUE: !Ref Orders, MAPPING: !Ref WorkerOrder}}
      Events:
        Order: {Type: Widget, Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 3}}
"""


@pytest.fixture(autouse=True)
def known_to_the_contract() -> Iterator[None]:
    with registered():
        yield


def expanded(text: str, registry: Registry = WITH_WIDGETS) -> Expansion:
    template = read_text(text.encode(), "template.yaml")
    assert isinstance(template, Map)
    return expand(resolve(template, context(registry=registry)), registry=registry)


def test_it_becomes_an_entry_of_resources_and_an_event_source() -> None:
    application, notices, *_ = expanded(TEMPLATE)
    (entry,) = application.resources["Widget"]
    (function,) = application.functions

    assert (entry.kind, entry.name) == ("widget queue", "shop-Orders")
    assert entry.definition == {"QueueName": "shop-Orders", "DelaySeconds": 5}
    arn = "arn:aws:widget:us-east-1:123456789012:shop-Orders"
    assert function.entry.events == (WidgetSource("Widget", "Order", arn, 3),)
    assert function.entry.environment["QUEUE"] == "http://widgets:4567/123456789012/shop-Orders"
    assert function.entry.environment["MAPPING"] == "shop-WorkerOrder"
    assert notices == ()


def test_its_documents_keep_the_contract() -> None:
    application = expanded(TEMPLATE).application
    contract = documents(application)
    check(contract, application)
    assert contract.resources["Widget"] == [{"QueueName": "shop-Orders", "DelaySeconds": 5}]
    assert contract.functions["functions"]["Worker"]["events"] == [
        {
            "type": "Widget",
            "name": "Order",
            "queue": "arn:aws:widget:us-east-1:123456789012:shop-Orders",
            "batch_size": 3,
        }
    ]


def test_a_rule_of_the_contract_is_broken_at_a_place_in_the_template() -> None:
    with pytest.raises(TemplateError, match=r"template.yaml:3:3: Orders: QueueName: must not be poison"):
        expanded(TEMPLATE.replace("DelaySeconds: 5", "QueueName: poison"))


def test_what_one_property_asks_for_may_be_unsupported() -> None:
    application, notices, *_ = expanded(TEMPLATE.replace("DelaySeconds: 5", "Mode: BROADCAST"))
    assert [notice.text for notice in notices] == [
        "widgets are not broadcast; Worker is never triggered by it; calls to it from Worker fail"
    ]
    assert (application.resources["Widget"], application.functions[0].entry.events) == ((), ())


def test_its_names_are_compared_and_its_properties_checked() -> None:
    with pytest.raises(TemplateError) as failure:
        expanded(TEMPLATE + "  Others: {Type: AWS::Widget::Queue, Properties: {QueueName: shop-Orders, Colour: red}}\n")
    assert [problem.text for problem in failure.value.problems] == [
        "Others: the widget queue name shop-Orders is already that of Orders at template.yaml:3:3; "
        "give it another name",
        "Others: AWS::Widget::Queue has no property Colour",
    ]


def test_without_the_service_it_is_unsupported_by_name() -> None:
    with pytest.raises(TemplateError, match="has the Type Widget, which is not an event"):
        expanded(TEMPLATE.replace(", MAPPING: !Ref WorkerOrder", ""), REGISTRY)
