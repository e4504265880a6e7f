"""Tests of the skeleton of a page."""

import re

import pytest

from sklearn_hpa.report._html import element
from sklearn_hpa.report._page import Section, page, write_page

from .reading import read_page


@pytest.fixture
def text():
    sections = [Section("a", "First", "The first & best", element("p", "x < 1"))]
    return page("Title <1>", element("h1", "Top"), sections, "Foot")


def test_a_page_has_a_language_a_title_and_a_viewport(text):
    read = read_page(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert read.text_of("title") == ["Title <1>"]
    names = [each.get("name") for each in read.attributes_of("meta")]
    assert "viewport" in names and read.attributes_of("meta")[0] == {"charset": "utf-8"}


def test_each_entry_of_the_contents_leads_to_a_section(text):
    read = read_page(text)
    links = [each["href"] for each in read.attributes_of("a")]
    assert links == ["#a"] and read.attributes_of("section")[0]["id"] == "a"
    assert read.text_of("h2") == ["The first & best"]


def test_a_section_is_named_by_its_title(text):
    read = read_page(text)
    (section,), (title,) = read.attributes_of("section"), read.attributes_of("h2")
    assert section["aria-labelledby"] == title["id"]


def test_the_style_has_colours_for_dark_screens_and_for_paper(text):
    (style,) = read_page(text).text_of("style")
    assert "prefers-color-scheme: dark" in style and "@media print" in style
    assert not re.search(r"url\(|@import|</", style)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_texts_have_enough_contrast(text, scheme):
    (style,) = read_page(text).text_of("style")
    light, dark, paper = re.findall(r":root \{([^}]*)\}", style)
    colors = dict(re.findall(r"--(\w+): (#\w+);", light))
    colors |= dict(
        re.findall(r"--(\w+): (#\w+);", {"light": "", "dark": dark, "print": paper}[scheme])
    )
    for ink in ("ink", "soft", "accent", "good", "bad"):
        for paper in ("paper", "card", "well"):
            assert contrast(colors[ink], colors[paper]) >= 4.5, (ink, paper)
    for curve in ("first", "second", "baseline"):
        assert contrast(colors[curve], colors["paper"]) >= 3, curve


def contrast(one, other):
    """Contrast of two colours, as WCAG 2 defines it."""

    def luminance(color):
        digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
        parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_page_is_written_as_utf_8(tmp_path):
    write_page(tmp_path / "a.html", "– ✓\n")
    assert (tmp_path / "a.html").read_bytes() == "– ✓\n".encode()
    assert [each.name for each in tmp_path.iterdir()] == ["a.html"]
