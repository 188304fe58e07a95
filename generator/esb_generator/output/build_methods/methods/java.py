"""Java: Maven and Gradle projects become classes, and libraries in lib/.

https://docs.aws.amazon.com/lambda/latest/dg/java-package.html
"""

from __future__ import annotations

import re
from typing import Final

from esb_generator.errors import BuildError
from esb_generator.output.build_methods.build import Build, BuildImage, Files, Source, check_properties
from esb_generator.output.build_methods.images import of_runtime, sam_image

_MAVEN: Final = "mvn --batch-mode --quiet $ESB_MAVEN_ARGS"
_DEPENDENCIES: Final = f"{_MAVEN} dependency:copy-dependencies -DincludeScope=runtime"
_PACKAGE: Final = f"{_MAVEN} package -DskipTests"
_MAVEN_FUNCTION: Final = f"""\
{_PACKAGE}
{_DEPENDENCIES} -DoutputDirectory="$ARTIFACTS_DIR/lib"
cp -R target/classes/. "$ARTIFACTS_DIR/\""""
_MAVEN_LAYER: Final = f"""\
mkdir -p "$ARTIFACTS_DIR/java/lib"
{_PACKAGE}
{_DEPENDENCIES} -DoutputDirectory="$ARTIFACTS_DIR/java/lib"
find target -maxdepth 1 -name '*.jar' ! -name 'original-*' -exec cp {{}} "$ARTIFACTS_DIR/java/lib/" ';'"""
# A task of each Java project that copies what Lambda needs to the folder in the environment.
_INIT: Final = """\
allprojects { project -> project.plugins.withId("java") {
  project.tasks.register("esbArtifacts", Copy) {
    into(System.getenv("ARTIFACTS_DIR"))
    %s
  }
} }"""
_GRADLE_FUNCTION: Final = _INIT % (
    'from(project.sourceSets.main.output)\n    into("lib") { from(project.configurations.runtimeClasspath) }'
)
_GRADLE_LAYER: Final = _INIT % (
    'into("java/lib") { from(project.tasks.named("jar")); from(project.configurations.runtimeClasspath) }'
)
_GRADLE: Final = """\
cat >.esb-init.gradle <<'INIT'
%s
INIT
gradle=gradle
if [ -f gradlew ]; then gradle="sh ./gradlew"; fi
$gradle --no-daemon --quiet --init-script .esb-init.gradle :esbArtifacts"""
_GRADLE_FILES: Final = ("build.gradle", "build.gradle.kts")


def java(source: Source, files: Files) -> Build | None:
    """Gradle has priority over Maven, as in SAM; None if there is neither, as in code that is built already."""
    build = _gradle(source) if any(name in files.names for name in _GRADLE_FILES) else None
    if build is None and "pom.xml" in files.names:
        build = _maven(source)
    if build is None and source.method is not None:
        raise BuildError(f"BuildMethod {source.method} needs pom.xml or build.gradle in the folder")
    if build is not None:
        check_properties(source, ())
    return build


def _maven(source: Source) -> Build:
    command = _MAVEN_LAYER if source.is_layer else _MAVEN_FUNCTION
    image = _image(source, f"maven:3-eclipse-temurin-{_version(source)}")
    return Build("maven", image, command, ("mvn",), locked=("ESB_MAVEN_REPOSITORY",))


def _gradle(source: Source) -> Build:
    script = _GRADLE % (_GRADLE_LAYER if source.is_layer else _GRADLE_FUNCTION)
    return Build("gradle", _image(source, sam_image(_runtime(source))), script, ("java",), locked=("GRADLE_USER_HOME",))


def _image(source: Source, default: str) -> BuildImage:
    return of_runtime("ESB_BUILD_IMAGE_JAVA", default, _runtime(source))


def _runtime(source: Source) -> str:
    return source.runtime if source.runtime.startswith("java") else source.method or ""


def _version(source: Source) -> str:
    found = re.search(r"\d+", _runtime(source))
    return found[0] if found else "21"
