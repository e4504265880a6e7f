"""Tests of the package: public names, imports, version."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from sklearn.dummy import DummyClassifier

import sklearn_hpa
import sklearn_hpa.neural_network._classifier
from sklearn_hpa._common.estimators import SITE


def test_every_name_offered_is_there():
    for name in sklearn_hpa.__all__:
        assert getattr(sklearn_hpa, name).__name__ == name
        assert name in dir(sklearn_hpa)


def test_the_root_lists_its_public_names_only():
    assert dir(sklearn_hpa) == sorted(sklearn_hpa.__all__) == sorted(sklearn_hpa._PUBLIC)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Pipeline'"):
        sklearn_hpa.Pipeline  # noqa: B018


def test_the_version_is_that_of_the_distribution():
    assert sklearn_hpa.__version__ == version("sklearn-hpa")


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    [
        "sklearn_hpa",
        "sklearn_hpa.metrics",
        "sklearn_hpa.datasets",
        "sklearn_hpa.cli",
        "sklearn_hpa.model_selection",
        "sklearn_hpa.feature_extraction._patterns",
    ],
)
def test_light_modules_do_not_import_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "estimator",
    [
        sklearn_hpa.HPAPipeline(),
        sklearn_hpa.ImageFlattener(),
        sklearn_hpa.MultiLabelCalibratedClassifier(DummyClassifier()),
        sklearn_hpa.MultiLabelMLPClassifier(),
        sklearn_hpa.MultiLabelThresholdClassifier(DummyClassifier()),
        sklearn_hpa.PatternFeatures(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_html_of_an_estimator_links_to_its_page(estimator):
    name = f"sklearn_hpa.{type(estimator).__name__}"
    assert f'href="{SITE}/api/generated/{name}.html' in estimator._repr_html_()


@pytest.mark.slow
def test_importing_the_metrics_does_not_import_torch():
    code = "import sys, sklearn_hpa.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
def test_light_model_selection_does_not_import_torch():
    code = "import sys, sklearn_hpa.model_selection; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_datasets_and_images_import_no_torch():
    imports = "import sys, sklearn_hpa.datasets, sklearn_hpa._images.image"
    code = f"{imports}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
