"""The APIs that the SAM transform makes for events without an API."""

from __future__ import annotations

from collections.abc import Mapping

from esb_generator.values import Map, Mark, Value

REST_API = "ServerlessRestApi"
HTTP_API = "ServerlessHttpApi"
IMPLICIT_APIS: Mapping[str, str] = {REST_API: "AWS::Serverless::Api", HTTP_API: "AWS::Serverless::HttpApi"}
_EVENTS = {REST_API: ("Api", "RestApiId"), HTTP_API: ("HttpApi", "ApiId")}  # and the property that names an API
_STAGES = {REST_API: "Prod", HTTP_API: "$default"}


def with_implicit_apis(template: Map) -> Map:
    """The template with the implicit APIs among its resources, so that Globals are merged into them too.

    Call it after loops and includes are expanded, and before Globals are merged. An implicit API that no event uses is
    left out: its Globals are those of other APIs, and could differ from another template's.
    """
    resources = template.get("Resources")
    settings = template.get("Globals")
    if not isinstance(resources, Map) or not isinstance(settings, Map):
        return template
    missing = [
        name
        for name, type_ in IMPLICIT_APIS.items()
        if name not in resources and _section(type_) in settings and _is_used(resources, name)
    ]
    if not missing:
        return template
    with_apis = resources.copied()
    for name in missing:
        at = settings.key_mark(_section(IMPLICIT_APIS[name]))
        with_apis.put(name, implicit_api(name, at), at, at)
    result = template.copied()
    result["Resources"] = with_apis
    return result


def implicit_api(name: str, mark: Mark) -> Map:
    """An implicit API as a resource with all defaults."""
    properties: list[tuple[str, Value]] = [("StageName", _STAGES[name])]
    return Map(mark, [("Type", IMPLICIT_APIS[name]), ("Properties", Map(mark, properties))])


def _is_used(resources: Map, name: str) -> bool:
    """Whether an event without an API belongs to this API."""
    type_, key = _EVENTS[name]
    for resource in resources.values():
        properties = resource.get("Properties") if isinstance(resource, Map) else None
        events = properties.get("Events") if isinstance(properties, Map) else None
        for event in events.values() if isinstance(events, Map) else ():
            if isinstance(event, Map) and event.get("Type") == type_:
                given = event.get("Properties")
                if not isinstance(given, Map) or given.get(key, name) in (name, {"Ref": name}):
                    return True
    return False


def _section(type_: str) -> str:
    """The section of Globals for a type."""
    return type_.removeprefix("AWS::Serverless::")
