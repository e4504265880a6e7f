"""Test the order of imports, the privacy of modules, and that each module has a test file."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_hpa"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
#: Modules up to this many lines may be tested together with the modules that use them.
SHORT = 60
#: The only modules that import by name at run time: the root's table, and model files.
DYNAMIC = {"__init__.py", "persistence.py"}

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def test_import_contracts_are_kept(capsys):
    use_cases = pytest.importorskip("importlinter.application.use_cases")
    pytest.importorskip("importlinter.configuration").configure()
    kept = use_cases.lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert kept, capsys.readouterr().out


def test_every_contract_of_the_design_is_there():
    kinds = {contract["id"]: contract["type"] for contract in CONTRACTS["contracts"]}
    assert kinds == {
        "layers": "layers",
        "private-modules": "private_modules",
        "torch": "forbidden",
        "matplotlib": "forbidden",
        "root": "protected",
    }


def test_every_package_is_in_exactly_one_layer():
    (layers,) = (each["layers"] for each in CONTRACTS["contracts"] if each["id"] == "layers")
    named = [name.strip() for layer in layers for name in layer.split("|")]
    found = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    found |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(named) == sorted(found)


@pytest.mark.parametrize("contract", ["torch", "matplotlib"])
def test_a_forbidden_import_is_forbidden_to_all_packages_but_those_that_may(contract):
    (sources,) = (
        {name.removeprefix("sklearn_hpa.") for name in each["source_modules"]}
        for each in CONTRACTS["contracts"]
        if each["id"] == contract
    )
    may = {
        "torch": {"_torch", "neural_network", "callbacks", "pipeline", "display", "cli"},
        "matplotlib": {"display"},
    }
    everything = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    everything |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sources == everything - may[contract]


def imported_by(node):
    """Names of the modules of an import statement."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def dynamic_imports(source):
    """Lines that import by name at run time, or could."""
    found = []
    for node in ast.walk(ast.parse(source)):
        for name in imported_by(node):
            top = name.split(".")[0]
            harmless = name.startswith(("importlib.metadata", "importlib.resources"))
            if top in ("builtins", "pkgutil", "runpy", "pydoc", "imp", "zipimport") or (
                top == "importlib" and not harmless and name != "importlib"
            ):
                found.append(node.lineno)
            if isinstance(node, ast.Import) and name == "importlib":
                found.append(node.lineno)
        if isinstance(node, ast.Call):
            name, attribute = getattr(node.func, "id", ""), getattr(node.func, "attr", "")
            by_name = ("__import__", "import_module", "resolve_name")
            if name in ("exec", "eval", *by_name) or attribute in by_name:
                found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_imported_by_name_at_run_time(path):
    if name_of(path) not in DYNAMIC:
        assert not dynamic_imports(path.read_text())


@pytest.mark.parametrize(
    "source",
    [
        "import importlib",
        "from importlib import import_module",
        "from importlib.util import find_spec",
        "import builtins; builtins.__import__('sys')",
        "import pkgutil; pkgutil.resolve_name('sys')",
        "__import__('sys')",
    ],
)
def test_an_import_by_name_is_found(source):
    assert dynamic_imports(source)


def test_the_name_of_a_version_may_be_looked_up():
    assert not dynamic_imports("from importlib.metadata import version")


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_the_root_imports_no_heavy_package(name):
    tree = ast.parse((PACKAGE / name).read_text())
    tops = {each.split(".")[0] for node in ast.walk(tree) for each in imported_by(node) if each}
    assert not tops & {"torch", "skorch", "matplotlib", "sklearn", "numpy", "pandas"}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name != "__init__.py"], ids=name_of
)
def test_a_module_of_more_than_60_lines_has_its_test_file(path):
    if len(path.read_text().splitlines()) <= SHORT:
        return
    folder = ROOT / "tests" / path.relative_to(PACKAGE).parent
    expected = folder / f"test_{path.stem.lstrip('_')}.py"
    assert expected.is_file(), f"{name_of(path)} has no {expected.relative_to(ROOT)}"


@pytest.mark.parametrize(
    "package", sorted({path.parent for path in MODULES} - {PACKAGE}), ids=name_of
)
def test_every_package_has_tests(package):
    assert list((ROOT / "tests" / package.relative_to(PACKAGE)).glob("test_*.py"))


def test_every_test_file_tests_a_module():
    whole = {"architecture", "benchmarks", "contract", "docstrings", "ecosystem", "package"}
    whole |= {"plain_english", "guide", "project"}
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder, stem = PACKAGE / path.relative_to(ROOT / "tests").parent, path.stem[5:]
        if folder == PACKAGE and stem in whole:
            continue
        names = (f"{stem}.py", f"_{stem}.py", f"{stem}/__init__.py", "__init__.py")
        assert any((folder / name).is_file() for name in names[:3]) or (
            stem == folder.name.lstrip("_")
        ), f"{path.relative_to(ROOT)} tests no module"


def test_the_table_of_the_contributors_page_is_the_contract():
    (layers,) = (each["layers"] for each in CONTRACTS["contracts"] if each["id"] == "layers")
    page = (ROOT / "docs" / "how_it_is_built.rst").read_text()
    table = page.split(".. the order of imports", 1)[1].split(".. end of the order", 1)[0]
    rows = [
        re.findall(r"``([\w.]+)``", row.split("\n     - ")[0])
        for row in table.split("\n   * - ")[2:]
    ]
    assert rows == [[name.strip() for name in layer.split("|")] for layer in layers]


def private_scikit_learn_names(source):
    """Private names of scikit-learn that a source uses."""
    tree, aliases, found = ast.parse(source), set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {
                alias.asname or alias.name.split(".")[0]
                for alias in node.names
                if alias.name.split(".")[0] == "sklearn"
            }
        for name in imported_by(node):
            if name.split(".")[0] == "sklearn" and "._" in name:
                found.append(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            base = node.value
            while isinstance(base, ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name) and base.id in aliases and not node.attr.endswith("__"):
                found.append(node.attr)
    return found


def test_private_scikit_learn_names_are_imported_in_one_module_only():
    found = {name_of(path) for path in MODULES if private_scikit_learn_names(path.read_text())}
    assert found == {"_common/sklearn_private.py"}


@pytest.mark.parametrize(
    "source",
    [
        "from sklearn.utils import (\n    indexable,\n    _safe_indexing,\n)",
        "from sklearn.utils._param_validation import Interval",
        "import sklearn.utils as U\nU._safe_indexing",
        "import sklearn.utils\nsklearn.utils._safe_indexing",
    ],
)
def test_a_private_scikit_learn_name_is_found(source):
    assert private_scikit_learn_names(source)
