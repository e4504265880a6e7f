"""HTML elements and tables. Every text is escaped, unless it is `Html` already."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from .._common.naming import printable

_VOID = frozenset(("br", "col", "hr", "img", "link", "meta"))


class Html(str):
    """Text that is HTML already, so that it is not escaped again."""

    __slots__ = ()


#: Content of an element: text, HTML, numbers, None for nothing, or an iterable of content.
Content: TypeAlias = "str | int | float | None | Iterable[Content]"


def element(name: str, /, *content: Content, **attributes: str | float | bool | None) -> Html:
    """Return an HTML or SVG element.

    Parameters
    ----------
    name : str
        Name of the element.
    *content : content
        Its content. Strings are escaped, unless they are `Html`.
    **attributes : str, number, bool or None
        Its attributes. A final underscore is dropped (``class_``) and the other underscores become
        hyphens (``aria_label``). True is an attribute without a value. None and False are left out.

    Returns
    -------
    Html

    Examples
    --------
    >>> element("p", "p < 0.05: ", element("b", "Nucleoli"), class_="note", hidden=True)
    '<p class="note" hidden>p &lt; 0.05: <b>Nucleoli</b></p>'
    >>> element("img", src="data:,", alt='a "cell"')
    '<img src="data:," alt="a &quot;cell&quot;">'
    """
    start = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{start}>")
    return Html(f"<{name}{start}>{join(content)}</{name}>")


def join(content: Content) -> Html:
    """Return the content of an element as HTML.

    Examples
    --------
    >>> join(["a & b", Html("<br>"), None, 3])
    'a &amp; b<br>3'
    """
    if content is None:
        return Html()
    if isinstance(content, Html):
        return content
    if isinstance(content, str | int | float):
        return Html(html.escape(_visible(content)))
    return Html("".join(map(join, content)))


def table(
    head: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    *,
    caption: Content = None,
    emphasised: int | None = None,
    class_: str | None = None,
) -> Html:
    """Return a table in a box that scrolls sideways on narrow screens.

    The first column holds the names of the rows. All other columns are aligned as numbers.

    Parameters
    ----------
    head : sequence of content
        Names of the columns.
    rows : iterable of sequences of content
        Cells of each row, as many as columns.
    caption : content, optional
        A line above the table.
    emphasised : int, optional
        Number of the row that is set in bold.
    class_ : str, optional
        Class of the table.

    Examples
    --------
    >>> table(["label", "F1"], [["Nucleoli", "0.91"]]).count("<td>")
    1
    """
    body = [
        element(
            "tr",
            element("th", first, scope="row"),
            [element("td", cell) for cell in rest],
            class_="emphasised" if number == emphasised else None,
        )
        for number, (first, *rest) in enumerate(rows)
    ]
    return element(
        "div",
        element(
            "table",
            element("caption", caption) if caption else None,
            element(
                "thead", element("tr", [element("th", column, scope="col") for column in head])
            ),
            element("tbody", body),
            class_=class_,
        ),
        class_="scroll",
        tabindex=0,
        role="group",
        aria_label="Table" if caption is None else f"Table: {text_of(caption)}",
    )


def text_of(content: Content) -> str:
    """Return content without its tags, as text for an attribute.

    Examples
    --------
    >>> text_of(["scores of ", element("b", "A & B")])
    'scores of A & B'
    """
    pieces, inside = [], False
    for char in join(content):
        if char == "<":
            inside = True
        elif char == ">":
            inside = False
        elif not inside:
            pieces.append(char)
    return html.unescape("".join(pieces))


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = key.removesuffix("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{html.escape(_visible(value))}"'


def _visible(text: object) -> str:
    """Escape the characters that HTML cannot hold, such as controls and lone surrogates."""
    return printable(text, keep="\n")
