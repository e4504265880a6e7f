"""Tests of file names in messages: escapes, and errors that lack the name."""

import pytest

from sklearn_hpa._common.naming import errors_named, printable


@pytest.mark.parametrize(
    "text, shown",
    [
        ("a_red.png", "a_red.png"),
        ("Malmö 細胞 модель", "Malmö 細胞 модель"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\tc\rd\x00", r"a\nb\tc\rd\x00"),
        ("Malm\udcf6", r"Malm\xf6"),
        ("\ud800", r"\ud800"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
    ],
)
def test_everything_that_is_not_visible_is_escaped(text, shown):
    assert printable(text) == shown


def test_characters_that_are_kept_are_not_escaped():
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize("kind", [OSError, PermissionError, BrokenPipeError])
def test_an_error_of_reading_gets_the_name_and_keeps_its_type(kind):
    with pytest.raises(kind, match=r"strange: 'a_red\.png'"), errors_named("a_red.png"):
        raise kind(5, "strange")


def test_an_error_with_a_name_keeps_it(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, errors_named("a_red.png"):
        open(tmp_path / "absent")
    assert caught.value.filename == str(tmp_path / "absent")


def test_an_error_without_a_number_gets_the_name_once():
    with (
        pytest.raises(OSError, match=r"^a_red\.png: unknown$"),
        errors_named("a_red.png"),
        errors_named("a_red.png"),
    ):
        raise OSError("unknown")


@pytest.mark.parametrize("reason, shown", [("", ""), ("9 GiB", r" \(9 GiB\)")])
def test_a_lack_of_memory_gets_the_name_of_the_innermost_file(reason, shown):
    with (
        pytest.raises(MemoryError, match=rf"^a_red\.png: not enough memory{shown}$"),
        errors_named("outer"),
        errors_named("a_red.png"),
    ):
        raise MemoryError(*filter(None, [reason]))


def test_other_errors_are_not_changed():
    with pytest.raises(ValueError, match=r"^wrong$"), errors_named("a_red.png"):
        raise ValueError("wrong")
