"""Words that this project does not use: clever ones, and ones that the field has terms for."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for pattern in ("sklearn_hpa/**/*.py", "tests/**/*.py", "examples/*", "benchmarks/*.py")
    for path in ROOT.glob(pattern)
    if path.suffix in (".py", ".rst")
)
FILES += sorted(path for path in ROOT.glob("docs/**/*") if path.suffix in (".rst", ".py"))
FILES += sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("*.cff"))
FILES = [
    path
    for path in FILES
    if not {"_build", "auto_examples", "generated"} & set(path.parts) and path != Path(__file__)
]

#: What is not written, and the term that is. Each pattern is for one line.
WORDS = {
    r"\bdoors?\b": "the scikit-learn API",
    r"(?<!np\.)(?<!math\.)(?<!torch\.)\bfloors?\b": "baseline",
    r"\b(draws?|drew|drawn|drawing)\b(?!\().{0,30}\b(images?|synthetic cells?)\b"
    r"(?!.{0,60}(display|figure|panel|grid|axes))": "synthetic images; make",
    r"\bhouse\b": "project conventions",
    r"(?<!decimal )(?<!in )(?<!take )(?<!takes )(?<!took )(?<!Take )\bplaces?\b(?! in a grid)": (
        "subcellular location; position"
    ),
    r"\bbeside\b": "next to",
    r"\bin (the )?place of\b": "instead of",
    r"\bsuch a one\b": "name the thing",
}


def sentences(path):
    """Lines of a file, without addresses and code that sets a name."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, re.sub(r"https?://\S+", "", line)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_has_no_word_that_the_project_does_not_use(path):
    found = [
        f"line {number}: {match.group(0)!r}, write {term!r}: {line.strip()}"
        for number, line in sentences(path)
        for pattern, term in WORDS.items()
        if (match := re.search(pattern, line, re.IGNORECASE))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "through scikit-learn's own doors",
        "The floors are estimated from these labels.",
        "make_hpa_images draws such images",
        "Rules of the house",
        "the 28 places of the cell",
        "the scores beside the baselines",
        "names in place of numbers",
    ],
)
def test_an_old_word_is_found(sentence):
    assert any(re.search(pattern, sentence, re.IGNORECASE) for pattern in WORDS)


@pytest.mark.parametrize(
    "sentence",
    [
        "np.floor(x) rounds down to two decimal places",
        "The gradient is overwritten in place.",
        "A split takes place before training.",
        "Weights are drawn at random.",
        "a placeholder, placed next to the baseline",
    ],
)
def test_other_uses_of_these_words_are_fine(sentence):
    assert not any(re.search(pattern, sentence, re.IGNORECASE) for pattern in WORDS)
