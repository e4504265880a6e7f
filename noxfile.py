"""The checks of the project, each in an environment of its own. ``nox -l`` lists them.

Arguments after ``--`` go to the tool that the session runs: ``nox -s tests -- -x tests``.
"""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "imports", "tests"]
nox.options.reuse_venv = "yes"

ROOT = Path(__file__).parent
TESTED = ("-c", "constraints.txt")
NOT_SLOW = ("-m", "not slow")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, docstrings and guide pages with the versions in constraints.txt."""
    session.install(*TESTED, "-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """Run the tests with the lowest versions that pyproject.toml allows."""
    session.install("-c", "constraints-oldest.txt", "-e", ".[test]")
    # The guide quotes messages of scikit-learn, and they change with its version.
    session.run("pytest", *NOT_SLOW, "--ignore-glob=docs/*", *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the tests with the newest versions on PyPI."""
    session.install("--upgrade", "--upgrade-strategy=eager", "-e", ".[test]")
    session.run("pytest", *NOT_SLOW, *session.posargs)


@nox.session
def robustness(session: nox.Session) -> None:
    """Damage images, kill processes, load hostile models; print promises and figures."""
    session.install(*TESTED, "-e", ".[qa]")
    session.run("python", "-m", "tests.robustness", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and fail below the coverage that pyproject.toml asks for."""
    session.install(*TESTED, "-e", ".[test]", "pytest-cov")
    session.run("pytest", "--cov", "--cov-report=term", "--cov-report=xml", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and spelling."""
    paths = session.posargs or ["."]
    session.install(*TESTED, "codespell", "ruff")
    session.run("ruff", "check", *paths)
    session.run("ruff", "format", "--check", *paths)
    session.run("codespell", *paths)


@nox.session
def types(session: nox.Session) -> None:
    """Check the type hints."""
    session.install(*TESTED, "-e", ".[test]", "mypy", "pandas-stubs")
    session.run("mypy", *session.posargs)


@nox.session
def imports(session: nox.Session) -> None:
    """Check the order of the packages, as pyproject.toml states it."""
    session.install(*TESTED, "import-linter")
    session.run("lint-imports", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, and follow every link within it."""
    site = "docs/_build/html"
    session.install(*TESTED, "-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", *session.posargs, "docs", site)
    session.run("python", "docs/check_links.py", site)


@nox.session
def build(session: nox.Session) -> None:
    """Build the wheel and the sdist, and run the demo from the wheel in a fresh environment.

    Arguments go to the demo.
    """
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.install(*TESTED, "build", "twine")
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, sorted(dist.iterdir())))

    scratch = Path(session.create_tmp()).resolve()
    shutil.rmtree(scratch)
    scratch.mkdir()
    programs = scratch / "fresh" / ("Scripts" if os.name == "nt" else "bin")
    session.run("python", "-m", "venv", str(scratch / "fresh"))
    (wheel,) = dist.glob("*.whl")
    python, demo = str(programs / "python"), str(programs / "sklearn-hpa")
    session.run(python, "-m", "pip", "install", "-q", *TESTED, str(wheel), external=True)
    with session.chdir(scratch):
        session.run(demo, "demo", *(session.posargs or ["--images", "60"]), external=True)
