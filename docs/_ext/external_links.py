"""Links to the pages of other projects, by their naming rules: the build needs no network."""

from docutils import nodes

PAGES = {
    "sklearn": "https://scikit-learn.org/stable/modules/generated/{name}.html",
    "pandas": "https://pandas.pydata.org/docs/reference/api/{name}.html",
    "numpy": "https://numpy.org/doc/stable/reference/generated/{name}.html",
    "joblib": "https://joblib.readthedocs.io/en/stable/generated/{name}.html",
    "torch": "https://docs.pytorch.org/docs/stable/generated/{name}.html",
}
SINGLE_PAGES = {
    "skorch.NeuralNet": "https://skorch.readthedocs.io/en/stable/net.html#skorch.net.NeuralNet",
    "skorch.callbacks": "https://skorch.readthedocs.io/en/stable/callbacks.html",
    "matplotlib.axes.Axes": "https://matplotlib.org/stable/api/_as_gen/matplotlib.axes.Axes.html",
    "matplotlib.figure.Figure": "https://matplotlib.org/stable/api/_as_gen/"
    "matplotlib.figure.Figure.html",
    "pandas.io.formats.style.Styler": "https://pandas.pydata.org/docs/reference/api/"
    "pandas.io.formats.style.Styler.html",
}


def page_of(name: str) -> str | None:
    if name in SINGLE_PAGES:
        return SINGLE_PAGES[name]
    if name.startswith("skorch.callbacks."):
        return f"{SINGLE_PAGES['skorch.callbacks']}#{name}"
    root = name.partition(".")[0]
    return PAGES[root].format(name=name) if root in PAGES and "." in name else None


def link(app, env, node, contnode):
    page = page_of(node.get("reftarget", "")) if node.get("refdomain") == "py" else None
    if page is None:
        return None
    reference = nodes.reference("", "", internal=False, refuri=page)
    reference += contnode
    return reference


def setup(app):
    app.connect("missing-reference", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
