"""Ruby: Bundler with a Gemfile."""

from __future__ import annotations

from typing import Final

from esb_generator.output.build_methods.build import Build, Files, Source, check_properties
from esb_generator.output.build_methods.images import of_runtime, sam_image

_FILES: Final = ("Gemfile", "Gemfile.lock")
_COMMAND: Final = """\
bundle config set --local path vendor/bundle
bundle config set --local without development:test
bundle install
mkdir -p "$ARTIFACTS_DIR/vendor"
mv vendor/bundle "$ARTIFACTS_DIR/vendor/"
cp -R .bundle "$ARTIFACTS_DIR/\""""


def bundler(source: Source, files: Files) -> Build | None:
    """The gems of a Gemfile, as its lock file pins them."""
    check_properties(source, ())
    if "Gemfile" not in files.names:
        return None
    runtime = source.runtime if source.runtime.startswith("ruby") else source.method or ""
    image = of_runtime("ESB_BUILD_IMAGE_RUBY", sam_image(runtime), runtime)
    first = tuple(name for name in _FILES if name in files.names)
    return Build("ruby", image, _COMMAND, ("bundle",), first=first, adds=True)
