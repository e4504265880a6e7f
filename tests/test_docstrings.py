"""Test the examples of public classes, methods included, and the names that model files hold."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_hpa
from sklearn_hpa.persistence import KNOWN_TYPES

PACKAGES = ("datasets", "display", "metrics", "model_selection", "neural_network")
PUBLIC = {name: getattr(sklearn_hpa, name) for name in sklearn_hpa.__all__} | {
    f"{package}.{name}": getattr(import_module(f"sklearn_hpa.{package}"), name)
    for package in PACKAGES
    for name in import_module(f"sklearn_hpa.{package}").__all__
}
CLASSES = {name: each for name, each in PUBLIC.items() if isinstance(each, type)}


@pytest.mark.parametrize("name", CLASSES)
def test_examples_of_a_public_class_give_what_they_show(name):
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS, verbose=False
    )
    found = finder.find(CLASSES[name], name, module=False, globs={})
    tests = [test for test in found if "._" not in test.name]
    assert any(test.examples for test in tests), f"{name} has no example"
    for test in tests:
        report = []
        runner.run(test, out=report.append)
        assert not report, "".join(report)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_home_of_a_public_name_is_its_public_package(name):
    package, _, own = f"sklearn_hpa.{name}".rpartition(".")
    each = PUBLIC[name]
    if hasattr(each, "__qualname__") and name not in ("neural_network.MultiLabelMLPClassifier",):
        assert (each.__module__, each.__qualname__) == (package, own)


def test_no_type_of_a_model_file_is_named_by_a_private_module_of_this_library():
    for name in KNOWN_TYPES:
        home, _, own = name.rpartition(".")
        assert getattr(import_module(home), own)
        if name.startswith("sklearn_hpa"):
            private = [part for part in home.split(".") if part.startswith("_")]
            assert private in ([], ["_labels"])


def test_pages_of_the_reference_name_what_is_public():
    pages = Path(__file__).parents[1] / "docs" / "api"
    listed = {
        "estimators": set(sklearn_hpa.__all__),
        **{name: set(import_module(f"sklearn_hpa.{name}").__all__) for name in PACKAGES[:4]},
    }
    for page, names in listed.items():
        text = (pages / f"{page}.rst").read_text()
        words = {word.strip().strip("`~") for word in text.split()}
        assert {name for name in names if name not in words} == set(), page
