"""Formulas as MathML, which browsers draw by themselves: no script, no network, no LaTeX."""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

logger = logging.getLogger(__name__)


def _draw(writer, node, as_block):
    try:
        mathml = tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        logger.warning("formula not understood: %s (%s)", node.astext(), error, location=node)
        mathml = f"<code>{writer.encode(node.astext())}</code>"
    writer.body.append(f'<div class="formula">{mathml}</div>' if as_block else mathml)
    raise nodes.SkipNode


def visit_math(writer, node):
    _draw(writer, node, as_block=False)


def visit_displaymath(writer, node):
    _draw(writer, node, as_block=True)


def setup(app):
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
