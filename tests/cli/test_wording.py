"""Tests of messages in the words of the command line."""

import re

import pytest

from sklearn_hpa.cli._program import make_parser
from sklearn_hpa.cli._wording import OPTIONS, WORDS, in_options

from .running import FAST, run


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("leave them out with on_error='warn'", "leave them out with --on-error warn"),
        ("n_splits=500 is more than", "--cv 500 is more than"),
        ("labels=['a', 'a'] names a label twice", "--labels ['a', 'a'] names a label twice"),
        (
            "at max_epochs=5 before. Raise max_epochs",
            "at --max-epochs 5 before. Raise --max-epochs",
        ),
        ("Lower lr (it is 0.1) or", "Lower --lr (it is 0.1) or"),
        ("random_state was 0; lr was 1 and is 2", "--seed was 0; --lr was 1 and is 2"),
        ("than min_positives=10", "than --set calibration__min_positives=10"),
        ("cache='x' is a file", "--cache x is a file"),
        ("pass id_column='ID'", "pass --id-column ID"),
        ("with recursive=True", "with --recursive"),
        ("pattern='*' reads each", "--pattern '*' reads each"),
        ("use label_separator='; '", "use --label-separator '; '"),
        ("name them in channels", "name them with --channels in fit"),
    ],
)
def test_a_parameter_becomes_an_option(message, expected):
    assert in_options(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "/data/max_epochs/a_red.png cannot be decoded",
        "labels that the model does not know",
        "a.csv has the columns Id,size=3x",
        "no parameter classifier__max_epochs",
        "SKLEARN_HPA_CACHE_LIMIT='x' is no number of bytes",
    ],
)
def test_names_of_files_and_plain_words_stay(message):
    assert in_options(message) == message


def test_each_option_of_the_table_exists():
    choices = [each.choices for each in make_parser()._actions if each.choices]
    actions = [action for command in choices[0].values() for action in command._actions]
    known = {name for action in actions for name in action.option_strings}
    named = {option.split(" ")[0] for option in [*OPTIONS.values(), *WORDS.values()]}
    assert named <= known


@pytest.mark.parametrize(
    "options",
    [
        ["--cv", "500"],
        ["--test-size", "1000"],
        ["--set", "classifier__dropout=3"],
        ["--set", "classifier__lr=-1"],
        ["--labels", "Cytosol,Cytosol"],
        ["--device", "gpu"],
        ["--groups", "nothing"],
        ["--cv", "2", "--calibrate", "--max-epochs", "2"],
        ["--set", "images__families=['x']", "--features", "patterns"],
    ],
)
def test_no_message_names_a_parameter_of_python(folder, tmp_path, capsys, options):
    _, _, err = run("fit", folder, "--output", tmp_path / "m.skops", *FAST, *options, capsys=capsys)
    assert err
    text = re.sub(r"--set \w+=", "", err)
    assert not re.search(r"\b[a-z]+(_[a-z]+)*=['\[(\d]", text), err
    assert not re.search(r"The '\w+' parameter of", text), err
    assert not re.search(
        r"(?<![\w-])(?:" + "|".join(OPTIONS) + r")\b", text.replace("classifier__", "")
    ), err
