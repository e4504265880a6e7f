"""The skeleton of a page: one HTML file that needs no other file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from .._common.files import replacing
from ._html import Content, Html, element, join


@dataclass(frozen=True)
class Section:
    """A section of a page, with its entry in the contents.

    Attributes
    ----------
    name : str
        Its name in an address, such as "labels".
    short_title : str
        Its title in the contents.
    title : str
        Its title.
    content : content
        Its paragraphs, tables, figures.
    """

    name: str
    short_title: str
    title: str
    content: Content

    def html(self) -> Html:
        return element(
            "section",
            element("h2", self.title, id=f"{self.name}-title"),
            self.content,
            id=self.name,
            aria_labelledby=f"{self.name}-title",
        )


def page(title: str, introduction: Content, sections: Sequence[Section], footer: Content) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Title of the window.
    introduction : content
        The top of the page, with its ``<h1>``.
    sections : sequence of Section
        The sections, in their order.
    footer : content
        The last lines.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    contents = element(
        "nav",
        element(
            "ul",
            [
                element("li", element("a", each.short_title, href=f"#{each.name}"))
                for each in sections
            ],
        ),
        aria_label="Contents",
    )
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(f"\n{style}")),
    )
    body = element(
        "body",
        "\n",
        element("header", introduction, contents),
        "\n",
        element("main", [join(["\n", each.html()]) for each in sections]),
        "\n",
        element("footer", footer),
        "\n",
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def write_page(path: Path, text: str) -> None:
    """Write a page atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
