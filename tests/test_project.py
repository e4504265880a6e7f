"""Files around the package agree with it: versions, workflows, sessions, extras."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import sklearn_hpa

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def sessions():
    """Names of the sessions of noxfile.py."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert PROJECT["version"] == sklearn_hpa.__version__ == citation["version"]
    assert f"[{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", [*WORKFLOWS, *FORMS], ids=lambda path: path.name)
def test_workflows_and_forms_are_yaml(path):
    assert isinstance(yaml.safe_load(path.read_text()), dict)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_sessions_that_exist(path):
    text = path.read_text()
    called = set(re.findall(r"nox -s ([a-z ]+?)(?:\s*$|\s*--)", text, re.MULTILINE))
    named = {name for names in called for name in names.split()}
    matrix = re.search(r"session: \[([^\]]*)\]", text)
    named |= set(re.findall(r"\w+", matrix[1])) if matrix else set()
    named |= set(re.findall(r"\{ session: (\w+)", text))
    assert named
    assert named <= sessions()


def test_tests_run_on_three_systems_and_every_python_that_is_named():
    (workflow,) = (yaml.safe_load(path.read_text()) for path in WORKFLOWS if path.stem == "tests")
    matrix = workflow["jobs"]["nox"]["strategy"]["matrix"]
    prefix = "Programming Language :: Python :: 3."
    pythons = [f"3.{each[len(prefix) :]}" for each in PROJECT["classifiers"] if prefix in each]
    assert matrix["python"] == pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert {each["session"] for each in matrix["include"]} >= {"oldest"}


def test_the_lowest_versions_are_those_of_the_ranges():
    ranges = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["plot"]
    pinned = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints-oldest.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    for requirement in ranges:
        name, lowest = requirement.lower().split(">=")
        if name in ("torch", "tifffile"):  # built for CPUs only; the next version on PyPI
            continue
        padded = [int(part) for part in lowest.split(".")] + [0, 0]
        found = [int(part) for part in pinned[name].split(".")] + [0, 0]
        assert found[:3] == padded[:3] or found[:2] == padded[:2], requirement
