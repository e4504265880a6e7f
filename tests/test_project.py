"""Files around the package agree with it: versions, workflows, sessions, extras, readme."""

import ast
import re
import runpy
import tomllib
from pathlib import Path

import pytest

import sklearn_hpa
from sklearn_hpa._common.estimators import SITE

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


#: A link of Markdown or of HTML, without its title.
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")


def links(text):
    return [first or second for first, second in LINK.findall(text)]


@pytest.fixture(scope="module")
def package_readme():
    """The readme that PyPI shows."""
    setuptools = pytest.importorskip("setuptools")
    given = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setuptools, "setup", lambda **options: given.update(options))
        runpy.run_path(str(ROOT / "setup.py"))
    assert given["long_description_content_type"] == "text/markdown"
    return given["long_description"]


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


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_a_link_of_a_clone_leads_to_a_file(path):
    if not (ROOT / "docs").is_dir():
        pytest.skip("the sdist has no docs/")
    text = path.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for link in links(text):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif "://" not in link:
            assert (ROOT / link.partition("#")[0]).is_file(), link


def test_the_readme_of_a_clone_has_no_link_to_the_site():
    # The site is there once the project is published.
    assert SITE.partition("/en/")[0] not in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_on_pypi_has_absolute_links_alone(package_readme):
    found = links(package_readme)
    assert len(found) == len(links((ROOT / "README.md").read_text(encoding="utf-8")))
    assert [link for link in found if not link.startswith(("https://", "#"))] == []


def test_the_readme_on_pypi_names_pages_and_images_that_the_docs_build(package_readme):
    docs = ROOT / "docs"
    if not docs.is_dir():
        pytest.skip("the sdist has no docs/")
    shown = " ".join(path.read_text(encoding="utf-8") for path in docs.glob("*.rst"))
    named = [link[len(SITE) :].strip("/") for link in links(package_readme) if SITE in link]
    assert len(named) > 8
    for link in named:
        page, _, anchor = link.partition("#")
        if page.startswith("_images/"):
            assert f"images/{Path(page).name}" in shown, link
        elif page != "auto_examples/index.html":
            source = (docs / page).with_suffix(".rst")
            assert source.is_file(), link
            heading = anchor.replace("-", " ")
            assert heading in source.read_text(encoding="utf-8").lower(), link


def test_the_metadata_have_what_pypi_shows():
    assert PROJECT["dynamic"] == ["readme"]
    assert set(PROJECT) >= {"description", "keywords", "license", "requires-python", "urls"}
    assert len(PROJECT["description"]) <= 512
    for name in PROJECT["license-files"]:
        assert (ROOT / name).is_file()
    assert set(PROJECT["urls"]) >= {"Homepage", "Documentation", "Changelog"}
    for address in PROJECT["urls"].values():
        assert address.startswith(SITE)
    # PyPI refuses a licence classifier next to a licence expression.
    assert not [each for each in PROJECT["classifiers"] if each.startswith("License")]
    python = PROJECT["requires-python"].removeprefix(">=")
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]


def test_read_the_docs_builds_the_site_as_the_readme_does():
    config = ROOT / ".readthedocs.yaml"
    if not config.is_file():
        pytest.skip("the sdist has no .readthedocs.yaml")
    settings = yaml.safe_load(config.read_text())
    assert settings["version"] == 2
    assert (ROOT / settings["sphinx"]["configuration"]).is_file()
    assert settings["sphinx"]["fail_on_warning"] is True
    (install,) = settings["build"]["jobs"]["install"]
    assert '-c constraints.txt -e ".[docs]"' in install
    assert '-c constraints.txt -e ".[docs]"' in (ROOT / "README.md").read_text(encoding="utf-8")
    assert settings["build"]["tools"]["python"] in PROJECT["requires-python"]


def test_the_front_page_has_the_numbers_of_the_readme():
    docs = ROOT / "docs"
    if not docs.is_dir():
        pytest.skip("the sdist has no docs/")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    front = (docs / "results.inc").read_text(encoding="utf-8")
    table = front.split(".. grid::")[0]
    rows = {
        title: re.findall(r"- \**(\d\.\d+)\**\n", row)
        for title, row in re.findall(r"   \* - ([A-Z].*)\n((?:     - .*\n)+)", table)
    }
    starts = ["**`HPAPipeline(images", "`HPAPipeline()`: the paper", "baseline: the most frequent"]
    assert len(rows) == len(starts)
    for (title, scores), start in zip(rows.items(), starts, strict=True):
        (line,) = (line for line in readme.splitlines() if line.startswith(f"| {start}"))
        cells = [cell.split()[0].rstrip("*\\") for cell in line.strip("| ").split("|")[1:]]
        assert scores[2:] == [cells[0], cells[3]], title
    faq = (docs / "faq.rst").read_text(encoding="utf-8")
    opening = readme.split("## Three commands")[0]
    for scores in rows.values():
        assert scores[2] in faq and scores[2] in opening


def test_every_image_of_the_front_page_is_there():
    docs = ROOT / "docs"
    if not docs.is_dir():
        pytest.skip("the sdist has no docs/")
    front = (docs / "results.inc").read_text(encoding="utf-8")
    images = re.findall(r"image:: (\S+)", front)
    assert len(images) == 8
    assert all((docs / image).is_file() for image in images)
