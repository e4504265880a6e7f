"""Tests of elements and tables: escaping, attributes, structure."""

import pytest

from sklearn_hpa.report._html import Html, element, join, table, text_of

HOSTILE = '<script>alert("x")</script> & \'\x1b[2J\udcf6\x00'


def test_text_and_attributes_are_escaped():
    made = element("p", HOSTILE, title=HOSTILE)
    assert "<script" not in made and '"x"' not in made and "\x1b" not in made
    assert made.count("&lt;script&gt;") == 2
    made.encode("utf-8")


def test_html_is_not_escaped_again():
    assert element("p", element("b", "a & b")) == "<p><b>a &amp; b</b></p>"


def test_html_that_was_changed_as_text_is_escaped_again():
    assert join(Html("<b>").lower()) == "&lt;b&gt;"


@pytest.mark.parametrize(
    "attributes, written",
    [
        ({"class_": "a"}, '<p class="a"></p>'),
        ({"aria_label": "a"}, '<p aria-label="a"></p>'),
        ({"viewBox": "0 0 1 1"}, '<p viewBox="0 0 1 1"></p>'),
        ({"hidden": True}, "<p hidden></p>"),
        ({"hidden": False, "title": None}, "<p></p>"),
        ({"width": 0}, '<p width="0"></p>'),
    ],
)
def test_attributes_are_written(attributes, written):
    assert element("p", **attributes) == written


def test_an_element_without_content_has_no_end():
    assert element("br") == "<br>"


def test_content_is_joined_in_its_order_and_none_is_nothing():
    assert join(["a", None, [1, (each for each in "bc")]]) == "a1bc"


def test_a_table_names_its_rows_and_columns():
    made = table(["label", "F1"], [["a<b", "0.5"], ["c", "1.0"]], caption="F1 & more", emphasised=1)
    assert made.count('<th scope="col">') == 2 and made.count('<th scope="row">') == 2
    assert '<tr class="emphasised"><th scope="row">c</th>' in made
    assert "a&lt;b" in made and "<caption>F1 &amp; more</caption>" in made
    assert 'aria-label="Table: F1 &amp; more"' in made


def test_text_of_content_has_no_tags():
    assert text_of(["a < ", element("b", "c & d")]) == "a < c & d"
