"""Configuration of the documentation site; README.md has the command that builds it."""

import os
import sys
import tomllib
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# Gallery and API pages lie one folder deep: the links of estimators go one folder up.
os.environ["SKLEARN_HPA_DOCS_URL"] = ".."

import sklearn_hpa  # noqa: E402

project = "sklearn_hpa"
author = "The sklearn_hpa developers"
copyright = f"2026, {author}"
version = release = sklearn_hpa.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "api_tables",
    "external_links",
    "mathml",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
nitpicky = True
# A property that HPAPipeline has from scikit-learn.
nitpick_ignore = [("py:obj", "classes_")]

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
numpydoc_validation_checks = set(PROJECT["tool"]["numpydoc_validation"]["checks"])

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_hpa"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklearn_hpa"},
    "show_prev_next": True,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
html_context = {"default_mode": "auto"}
html_sidebars = {
    "index": [],
    "install": [],
    "quick_start": [],
    "for_biologists": [],
    "faq": [],
    "paper": [],
    "contributing": [],
    "how_it_is_built": [],
    "changelog": [],
}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

# Only the links within the site: the machine that builds it may have no network.
linkcheck_ignore = [r"https?://.*"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "doc_module": ("sklearn_hpa",),
    "backreferences_dir": "api/backreferences",
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "ignore_repr_types": r"sklearn_hpa\.display",
    "abort_on_example_error": True,
    "image_srcset": ["2x"],
    "matplotlib_animations": False,
}
warnings.filterwarnings("error", module="sklearn_hpa")


def skip_member(app, what, name, obj, skip, options):
    """Leave out the setters of metadata routing, which scikit-learn documents."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def setup(app):
    app.connect("autodoc-skip-member", skip_member)
