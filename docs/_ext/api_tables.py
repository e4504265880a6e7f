"""Fill the index of the API reference: a table for each page of it, with one line for each name."""

import inspect
import re
from importlib import import_module
from pathlib import Path

INDEX = "api/index"


def names_of(page: str) -> tuple[str, list[tuple[str, str | None]]]:
    """Return the module of a page, and its names; data have their summary, other names None."""
    (module,) = set(re.findall(r"currentmodule:: (\S+)", page))
    names: list[tuple[str, str | None]] = []
    for block in re.findall(r"autosummary::\n(?:   :.*\n)*\n((?:   \S+\n)+)", page):
        names += [(name, None) for name in block.split()]
    for name, text in re.findall(r"py:data:: (\S+)\n(?:   :.*\n)*\n((?:   .*\n)+)", page):
        names.append((name, " ".join(text.split())))
    return module, names


def summary(module: str, name: str) -> str:
    """Return the first paragraph of a docstring."""
    doc = inspect.getdoc(getattr(import_module(module), name)) or ""
    return " ".join(doc.split("\n\n")[0].split())


def table(page: Path) -> list[str]:
    module, names = names_of(page.read_text(encoding="utf-8"))
    lines = [
        f":doc:`{module} <{page.stem}>`",
        "-" * 80,
        "",
        f".. currentmodule:: {module}",
        "",
        ".. list-table::",
        "   :class: names",
        "   :widths: 40 60",
        "",
    ]
    for name, text in names:
        lines += [
            f"   * - :obj:`~{module}.{name}`",
            f"     - {summary(module, name) if text is None else text}",
        ]
    return [*lines, ""]


def fill(app, docname, source):
    if docname != INDEX:
        return
    folder = Path(app.srcdir, INDEX).parent
    pages = re.findall(r"^   (\w+)$", source[0], re.MULTILINE)
    for page in pages:
        app.env.note_dependency(str(folder / f"{page}.rst"))
    tables = [line for page in pages for line in table(folder / f"{page}.rst")]
    source[0] += "\n" + "\n".join(tables)


def setup(app):
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
