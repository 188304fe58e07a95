"""A document that breaks its contract is led back to the template."""

from __future__ import annotations

import pytest

from esb_generator.errors import BuildError, TemplateError
from esb_generator.model import Application, FolderCode, Function, Marked, ResourceEntry
from esb_generator.output.documents.check import check
from esb_generator.output.documents.documents import documents
from esb_generator.values import Map, Mark, Seq
from esb_schemas import contract

MARK = Mark("template.yaml", 4, 3)
FUNCTION = Function("f", "F", MARK, FolderCode("src"), contract.Function(handler="a.b", runtime="python3.12"))
APPLICATION = Application("shop", "us-east-1", "123456789012", (FUNCTION,))
ROUTE = contract.Route("/orders", "GET", "f")


def bucket(name: str, **rest: object) -> ResourceEntry:
    return ResourceEntry("bucket", name.title(), name, MARK, {"BucketName": name, **rest})


def problems(**fields: object) -> list[str]:
    application = APPLICATION._replace(**fields)  # type: ignore[arg-type]
    with pytest.raises(TemplateError) as failure:
        check(documents(application), application)
    return [str(problem) for problem in failure.value.problems]


def test_an_application_that_keeps_the_contract() -> None:
    check(documents(APPLICATION), APPLICATION)


def test_a_resource_is_named_with_the_place_of_the_value() -> None:
    tags = Map(Mark("template.yaml", 8, 7))
    items = Seq(Mark("template.yaml", 9, 9))
    for line in (9, 10):
        tag = Map(Mark("template.yaml", line, 11))
        tag.put("Key", "team", Mark("template.yaml", line, 12), Mark("template.yaml", line, 17))
        tag.put("Value", "shop", Mark("template.yaml", line, 23), Mark("template.yaml", line, 30))
        items.add(tag, tag.mark)
    tags.put("TagSet", items, tags.mark, items.mark)

    assert problems(resources={"S3": (bucket("receipts", Tagging=tags),)}) == [
        "template.yaml:10:17: Receipts: Tagging.TagSet[1].Key: 'team' is already the Key of TagSet[0]; use another one"
    ]


def test_every_problem_is_reported() -> None:
    assert problems(resources={"S3": (bucket("1.2.3.4"), bucket("xn--a"))}) == [
        "template.yaml:4:3: 1.2.3.4: BucketName: '1.2.3.4' has the form of an IP address; choose another name",
        "template.yaml:4:3: Xn--A: BucketName: 'xn--a' has a prefix that S3 reserves; choose another name",
    ]


def test_routes_apis_and_functions_have_their_places() -> None:
    cors = contract.Cors(allow_origins=("*",), allow_credentials=True)
    entry = FUNCTION.entry._replace(scaling=contract.Scaling(5, 4))
    assert problems(
        functions=(FUNCTION._replace(entry=entry),),
        apis={"Web": Marked(contract.Api(cors=cors), Mark("template.yaml", 20, 3))},
        routes=(Marked(ROUTE._replace(path="/{id"), Mark("template.yaml", 30, 9)),),
    ) == [
        "template.yaml:4:3: F: scaling.min_capacity: min_capacity 5 is more than max_capacity 4",
        "template.yaml:20:3: Web: cors.allow_credentials: browsers refuse credentials if allow_origins contains '*'; "
        "list the origins",
        "template.yaml:30:9: route GET /{id: path: '{id' must be a whole parameter, like '{id}', or have no braces",
    ]


def test_what_has_no_place_is_reported_all_the_same() -> None:
    application = APPLICATION._replace(usage_plans={"Plan": contract.UsagePlan(keys=("Lost",))})
    with pytest.raises(BuildError, match=r"routing.yml: usage_plans.Plan.keys\[0\]: there is no API key 'Lost'"):
        check(documents(application), application)
