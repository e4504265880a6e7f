"""The readme of the package: README.md, whose links lead to files of a clone.

On PyPI there is no clone. Links to pages of docs/ lead to the site there.
"""

import re
from pathlib import Path
from urllib.parse import urljoin

from setuptools import setup

SITE = "https://sklearn-hpa.readthedocs.io/en/stable/"
PAGES = {
    "CHANGELOG.md": "changelog.html",
    "CITATION.cff": "faq.html#how-do-i-cite",
    "CONTRIBUTING.md": "contributing.html",
    "LICENSE": "https://spdx.org/licenses/BSD-3-Clause.html",
    "examples/GALLERY_HEADER.rst": "auto_examples/index.html",
}


def address(link: str) -> str:
    """Return the address of a link of the README on the site."""
    if link.startswith(("https://", "#")):
        return link
    if link in PAGES:
        return urljoin(SITE, PAGES[link])
    folder, _, name = link.partition("/")
    if folder == "docs" and name.startswith("images/"):
        return f"{SITE}_images/{Path(name).name}"
    if folder == "docs" and name.endswith(".rst"):
        return f"{SITE}{name.removesuffix('.rst')}.html"
    raise ValueError(f"README.md: the site has no page for {link}")


readme = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
setup(
    name="sklearn-hpa",
    long_description=re.sub(r"(?<=\]\()[^)\s]+(?=\))", lambda link: address(link[0]), readme),
    long_description_content_type="text/markdown",
)
