"""The input for resolving a template."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from esb_generator.cloudformation.parameters.declared_parameters import StoredParameter
from esb_generator.cloudformation.parameters.local_values import LocalValues
from esb_generator.cloudformation.parameters.shared_values import SharedValues
from esb_generator.cloudformation.reading.template import CANNOT_BE_READ, ReadFile
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity, Types
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.values import NOTHING, Map, Mark, Value


class Transform(NamedTuple):
    """A macro that AWS itself runs over a template, such as SAM's.

    `apply` gives the template with the macro's changes, once loops and includes are expanded; `generated` gives further
    resources by the ids that the template may refer to. Templates that become one stack share the resources of
    `shared_ids`. `prepare` is called first, with a template as it was read and its folder, relative to the
    first template's.
    """

    apply: Callable[[Map], Map] = lambda template: template
    generated: Callable[[Map], Mapping[str, Map]] = lambda _: {}
    shared_ids: Collection[str] = ()
    prepare: Callable[[Map, str], Map] = lambda template, _: template


class ResolveContext(NamedTuple):
    """The input for resolving a template.

    `types` gives the row of a type of resource. `read` reads the document that an AWS::Include or a nested stack names;
    without it, other files are refused. Its path is relative to `folder`, which is relative to the first template's
    folder. `real` resolves symbolic links of a path.
    `placeholders` are the parameters whose values only a deploy would know, `stored` those that are SSM parameters
    without a local value, `broken` those without a usable value, with a problem that is reported in any case. `shared`
    has the values of the other stacks of this build.
    """

    identity: StackIdentity
    types: Types
    transform: Transform = Transform()
    parameters: Mapping[str, Value] = NOTHING
    local_values: LocalValues = LocalValues()
    read: ReadFile | None = None
    placeholders: Mapping[str, tuple[Placeholder, ...]] = NOTHING
    stored: Mapping[str, StoredParameter] = NOTHING
    broken: Mapping[str, Problem] = NOTHING
    shared: SharedValues | None = None
    folder: str = ""
    real: Callable[[str], str] = lambda location: location

    def in_folder(self, folder: str) -> ResolveContext:
        """The input for a template in another folder."""
        read, real = self.read, self.real
        if not folder or read is None:
            return self
        return self._replace(
            read=lambda name, at: read(posixpath.join(folder, name), at),
            folder=posixpath.join(self.folder, folder),
            real=lambda name: posixpath.relpath(real(posixpath.join(folder, name)), folder),
        )

    def document(self, location: str, at: Mark) -> Value:
        """The document that the template names at a place; raises TemplateError."""
        if self.read is None:
            raise error_at(at, f"{location} is another file, and files cannot be included here")
        try:
            return self.read(location, at)
        except TemplateError as failure:
            first = failure.problems[0]
            if first.text.startswith(CANNOT_BE_READ):
                raise error_at(at, f"{first.mark.file} {first.text}") from None
            raise
