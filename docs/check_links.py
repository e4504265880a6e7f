"""Follow every link within the built site, and from the package's readme into it.

    python docs/check_links.py docs/_build/html

setup.py makes the readme of the package from README.md. Prints each link that leads nowhere (a
page, a file or an anchor that is missing) and exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import re
import runpy
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

from sklearn_hpa._common.estimators import SITE

SETUP = Path(__file__).parents[1] / "setup.py"


class Page(HTMLParser):
    """The links of an HTML file, and the anchors in it."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and tag != "base":
                self.links.append(value)
            elif name == "srcset" and value:
                self.links += [source.split()[0] for source in value.split(",")]


page_at = cache(Page)


def is_dead(link: str, page: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return True
    anchor = unquote(parts.fragment)
    if target.suffix != ".html" or anchor.startswith(":~:"):
        return False
    return anchor not in page_at(target).anchors


def dead_links(site: Path) -> Iterator[tuple[Path, str]]:
    for page in sorted(set(site.rglob("*.html")) - set(site.glob("_static/**/*.html"))):
        for link in page_at(page.resolve()).links:
            if is_dead(link, page.resolve()):
                yield page, link
    for link in re.findall(rf"{re.escape(SITE)}/?([^)\s]*)", readme()):
        if is_dead(link or "index.html", (site / "index.html").resolve()):
            yield SETUP, link


def readme() -> str:
    """Return the readme of the package."""
    with patch("setuptools.setup") as setup:
        runpy.run_path(str(SETUP))
    return setup.call_args.kwargs["long_description"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site
    if not (site / "index.html").is_file():
        parser.error(f"{site} holds no site: it has no index.html")
    dead = list(dead_links(site))
    for page, link in dead:
        print(f"{page}: {link}")
    print(f"{len(dead)} dead links", file=sys.stderr)
    sys.exit(bool(dead))


if __name__ == "__main__":
    main()
