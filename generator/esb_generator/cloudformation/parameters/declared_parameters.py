"""The declared parameters of a template, and their values.

Types and constraints are those of "Parameters" in the AWS CloudFormation template reference.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from esb_generator.cloudformation.parameters.allowed_pattern import PatternError, matches
from esb_generator.cloudformation.parameters.local_values import LocalValues
from esb_generator.cloudformation.reading.scalars import plain_scalar
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.cloudformation.resource_values.resource_types import placeholder_id
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import NOTHING, Map, Mark, Seq, Value, as_text, words
from esb_schemas.lazy_pattern import LazyPattern

_KEYS = words(
    "AllowedPattern AllowedValues ConstraintDescription Default Description MaxLength MaxValue MinLength MinValue "
    "NoEcho Type"
)
_PUBLIC = "/aws/service/"
_IMAGE = "AWS::EC2::Image::Id"
_NUMBER = LazyPattern(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_TYPE = LazyPattern(
    r"String|Number|List<Number>|List<String>|CommaDelimitedList|AWS::SSM::Parameter::Name"
    r"|AWS::[A-Za-z0-9]+(?:::[A-Za-z0-9]+)+|List<AWS::[A-Za-z0-9]+(?:::[A-Za-z0-9]+)+>"
    r"|AWS::SSM::Parameter::Value<(?P<value>[A-Za-z0-9:]+|List<[A-Za-z0-9:]+>)>"
)


class StoredParameter(NamedTuple):
    """A parameter that is an SSM parameter without a local value."""

    name: str
    ssm_name: str
    is_list: bool
    mark: Mark
    file: str

    def read(self, stored: Callable[[str], str | None]) -> Value:
        """Its value, which `stored` gives by the name; raises TemplateError if there is none."""
        text = stored(self.ssm_name)
        if text is None:
            fix = f"add ssm: {{{self.ssm_name}: …}} to {self.file}, or a -t for the template that creates it"
            raise error_at(
                self.mark, f"{self.name} is the SSM parameter {self.ssm_name}, which has no local value; {fix}"
            )
        return _items(text, self.mark) if self.is_list else text


class Parameters(NamedTuple):
    """The parameters' values.

    `placeholders` has AWS's public SSM parameters (`/aws/service/…`, such as machine images) without a local value.
    `stored` are SSM parameters without a local value; those that other templates of the build have are known only
    when these are resolved. `broken` are those without a value that can be used, with the problem of each.
    """

    values: Mapping[str, Value]
    placeholders: Mapping[str, tuple[Placeholder, ...]] = NOTHING
    no_echo: tuple[str, ...] = ()  # the values of those with NoEcho
    stored: Mapping[str, StoredParameter] = NOTHING
    broken: Mapping[str, Problem] = NOTHING


GIVEN = "with --parameter-overrides {overrides}, in samconfig.toml, or as a Default"


def values_of(
    template: Map, given: Mapping[str, str], *, local_values: LocalValues | None = None, where: str = GIVEN
) -> Parameters:
    """The value of each declared parameter: the given one, else its Default; `where` says in an error where to give it.

    Raises TemplateError with every value that breaks a constraint, one problem that lists all parameters without a
    value, and one for each given name that the template does not declare.
    """
    values, problems = values_and_problems(template, given, local_values=local_values, where=where)
    if problems:
        raise TemplateError(problems)
    return values


def values_and_problems(
    template: Map, given: Mapping[str, str], *, local_values: LocalValues | None = None, where: str = GIVEN
) -> tuple[Parameters, list[Problem]]:
    """As `values_of`, with the problems beside the values that can be used, so that the rest is resolved too.

    Raises TemplateError if the declarations themselves are wrong.
    """
    declared = template.get("Parameters")
    declarations = _declarations(declared if isinstance(declared, Map) else Map(template.mark))
    problems = [problem for declaration in declarations for problem in _shape_problems(declaration)]
    if problems:
        raise TemplateError(problems)
    problems += _unknown(template, given, declarations)
    broken = _missing(given, declarations, where)
    problems += dict.fromkeys(broken.values())
    known = local_values or LocalValues()
    placeholders = _placeholders(declarations, given, known)
    public = {each.reference.removeprefix("ssm:"): each.value for found in placeholders.values() for each in found}
    known = known._replace(ssm=public | dict(known.ssm))
    values: dict[str, Value] = {}
    stored: dict[str, StoredParameter] = {}
    for declaration in declarations:
        if declaration.name in broken:
            continue
        if (deferred := _stored(declaration, given, known)) is not None:
            stored[declaration.name] = deferred
            continue
        try:
            values[declaration.name] = _value(declaration, given, known)
        except TemplateError as failure:
            problems += failure.problems
            broken[declaration.name] = failure.problems[0]
    no_echo = [item for each in declarations if each.no_echo for item in _texts(values.get(each.name, ""))]
    return Parameters(values, placeholders, tuple(no_echo), stored, broken), problems


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, Seq):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float):
        yield as_text(value)


class _Declaration(NamedTuple):
    name: str
    body: Map
    mark: Mark

    @property
    def type(self) -> str:
        kind = self.body.get("Type")
        return kind if isinstance(kind, str) else ""

    @property
    def no_echo(self) -> bool:
        """Whether its value is never shown."""
        no_echo = self.body.get("NoEcho")
        return isinstance(no_echo, str | int) and as_text(no_echo).lower() == "true"

    @property
    def is_list(self) -> bool:
        return self.type.startswith(("List<", "CommaDelimitedList"))

    @property
    def ssm_type(self) -> str | None:
        """The type of the SSM parameter's value, if this is the name of one."""
        match = _TYPE.fullmatch(self.type)
        return match["value"] if match else None

    def given_text(self, given: Mapping[str, str]) -> str:
        return given.get(self.name, self.text("Default") or "")

    def text(self, key: str) -> str | None:
        value = self.body.get(key)
        return as_text(value) if isinstance(value, str | int | float) else None


def _declarations(section: Map) -> list[_Declaration]:
    problems = [
        Problem(section.value_mark(name), f"the parameter {name} must be a mapping with a Type")
        for name, body in section.items()
        if not isinstance(body, Map)
    ]
    if problems:
        raise TemplateError(problems)
    bodies = [(name, body) for name, body in section.items() if isinstance(body, Map)]
    return [_Declaration(name, body, section.key_mark(name)) for name, body in bodies]


def _shape_problems(declaration: _Declaration) -> Iterator[Problem]:
    body, name = declaration.body, declaration.name
    for key in body:
        if key not in _KEYS:
            yield Problem(body.key_mark(key), f"the parameter {name} has no key {key}{near_miss(key, _KEYS)}")
    if "Type" not in body:
        yield Problem(declaration.mark, f"the parameter {name} has no Type; give it one, such as String")
    elif not _TYPE.fullmatch(declaration.type):
        known = ("String", "Number", "List<Number>", "CommaDelimitedList")
        kind = declaration.type or "this"
        yield Problem(body.value_mark("Type"), f"{kind} is not a type of parameter{near_miss(kind, known)}")
    if isinstance(body.get("Default"), Map | Seq):
        yield Problem(body.value_mark("Default"), f"the Default of {name} must be text; functions do not work here")
    if not isinstance(body.get("AllowedValues", Seq(body.mark)), Seq):
        yield Problem(body.value_mark("AllowedValues"), f"the AllowedValues of {name} must be a list")


def _unknown(template: Map, given: Mapping[str, str], declarations: list[_Declaration]) -> list[Problem]:
    names = [declaration.name for declaration in declarations]
    return [
        Problem(template.key_mark("Parameters"), f"the template has no parameter {name}{near_miss(name, names)}")
        for name in given
        if name not in names
    ]


def _missing(given: Mapping[str, str], declarations: list[_Declaration], where: str) -> dict[str, Problem]:
    """The parameters without a value, all with the one problem that names them."""
    missing = [item for item in declarations if item.name not in given and item.text("Default") is None]
    if not missing:
        return {}
    names = ", ".join(f"{item.name} (line {item.mark.line})" for item in missing)
    overrides = " ".join(f"{item.name}=…" for item in missing)
    these = "this parameter has" if len(missing) == 1 else "these parameters have"
    text = f"{these} no value: {names}; give one {where.format(overrides=overrides)}"
    return dict.fromkeys((item.name for item in missing), Problem(missing[0].mark, text))


def _placeholders(
    declarations: list[_Declaration], given: Mapping[str, str], local_values: LocalValues
) -> dict[str, tuple[Placeholder, ...]]:
    found: dict[str, tuple[Placeholder, ...]] = {}
    for declaration in declarations:
        name, kind = declaration.given_text(given), declaration.ssm_type
        if kind is not None and name.startswith(_PUBLIC) and name not in local_values.ssm:
            value = f"ami-{placeholder_id('hex17', name)}" if kind == _IMAGE else name.rsplit("/", 1)[-1]
            found[declaration.name] = (Placeholder(f"ssm:{name}", "", value, declaration.mark, ()),)
    return found


def _stored(declaration: _Declaration, given: Mapping[str, str], local_values: LocalValues) -> StoredParameter | None:
    name, kind = declaration.given_text(given), declaration.ssm_type
    if kind is None or name in local_values.ssm:
        return None
    return StoredParameter(declaration.name, name, _is_list_kind(kind), _place(declaration, given), local_values.file)


def _is_list_kind(kind: str) -> bool:
    return kind.startswith(("List<", "CommaDelimitedList"))


def _place(declaration: _Declaration, given: Mapping[str, str]) -> Mark:
    """The position of a parameter's value."""
    return declaration.mark if declaration.name in given else declaration.body.value_mark("Default")


def _value(declaration: _Declaration, given: Mapping[str, str], local_values: LocalValues) -> Value:
    text = declaration.given_text(given)
    at = _place(declaration, given)
    if (kind := declaration.ssm_type) is not None:
        text = local_values.ssm[text]
        return _items(text, at) if _is_list_kind(kind) else text
    if declaration.is_list:
        items = _items(text, at)
        problems = [problem for item in items for problem in _broken(declaration, str(item), at)]
        if problems:
            raise TemplateError(problems)
        return Seq(at, [_number(str(item)) for item in items]) if declaration.type == "List<Number>" else items
    if problems := list(_broken(declaration, text, at)):
        raise TemplateError(problems)
    return _number(text) if declaration.type == "Number" else text


def _items(text: str, at: Mark) -> Seq:
    return Seq(at, [item.strip() for item in text.split(",")] if text else ())


def _number(text: str) -> Value:
    """A number with its source text; what YAML reads as another number (`012` is octal) stays text."""
    number = plain_scalar(text, json=True)
    return number if isinstance(number, int | float) and float(number) == float(text) else text


# Constraints: each returns a requirement that a value does not meet, or None.


def _allowed_value(declaration: _Declaration, text: str) -> str | None:
    allowed = declaration.body.get("AllowedValues")
    if not isinstance(allowed, Seq):
        return None
    texts = [as_text(item) for item in allowed if isinstance(item, str | int | float)]
    return None if text in texts else f"one of {', '.join(texts)}"


def _allowed_pattern(declaration: _Declaration, text: str) -> str | None:
    pattern = declaration.text("AllowedPattern")
    if pattern is None:
        return None
    try:
        matched = matches(pattern, text)
    except PatternError as error:
        at = declaration.body.value_mark("AllowedPattern")
        raise error_at(at, f"the AllowedPattern {pattern} cannot be checked here: {error}") from None
    return None if matched else f"text that matches {pattern}"


def _is_number(declaration: _Declaration, text: str) -> str | None:
    numeric = declaration.type in {"Number", "List<Number>"}
    return "a number" if numeric and not _NUMBER.fullmatch(text) else None


def _bound(
    key: str, size: Callable[[str], float | None], *, upper: bool, unit: str
) -> Callable[[_Declaration, str], str | None]:
    def check(declaration: _Declaration, text: str) -> str | None:
        limit, measured = declaration.text(key), size(text)
        if limit is None or measured is None or not _NUMBER.fullmatch(limit):
            return None
        within = measured <= float(limit) if upper else measured >= float(limit)
        return None if within else f"{'at most' if upper else 'at least'} {limit}{unit}"

    return check


def _as_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


_CONSTRAINTS: tuple[Callable[[_Declaration, str], str | None], ...] = (
    _is_number,
    _allowed_value,
    _allowed_pattern,
    _bound("MinLength", lambda text: float(len(text)), upper=False, unit=" characters long"),
    _bound("MaxLength", lambda text: float(len(text)), upper=True, unit=" characters long"),
    _bound("MinValue", _as_number, upper=False, unit=""),
    _bound("MaxValue", _as_number, upper=True, unit=""),
)


def _broken(declaration: _Declaration, text: str, at: Mark) -> Iterator[Problem]:
    shown = "its value" if declaration.no_echo else repr(text)
    for constraint in _CONSTRAINTS:
        if (wanted := constraint(declaration, text)) is not None:
            description = declaration.text("ConstraintDescription")
            hint = f" ({description})" if description else ""
            yield Problem(at, f"the parameter {declaration.name} must be {wanted}, and {shown} is not{hint}")
