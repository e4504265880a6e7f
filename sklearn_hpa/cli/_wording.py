"""Messages of the library in the words of the command line: options instead of parameters."""

from __future__ import annotations

import re

#: Parameters of Python, and the options that set them. The names are unlike any word of English,
#: so they are replaced wherever they stand alone.
OPTIONS = {
    "on_error": "--on-error",
    "id_column": "--id-column",
    "label_column": "--label-column",
    "label_separator": "--label-separator",
    "hidden_layer_sizes": "--hidden-layer-sizes",
    "max_epochs": "--max-epochs",
    "batch_size": "--batch-size",
    "random_state": "--seed",
    "n_splits": "--cv",
    "test_size": "--test-size",
    "n_jobs": "--jobs",
    **{
        name: f"--set classifier__{name}"
        for name in (
            "early_stopping",
            "validation_fraction",
            "n_iter_no_change",
            "class_weight",
            "loss_params",
            "weight_decay",
            "net_params",
            "warm_start",
        )
    },
    "channel_names": "--set images__channel_names",
    "min_positives": "--set calibration__min_positives",
    "ensure_one_label": "--set thresholds__ensure_one_label",
}
#: Parameters whose names are also words: replaced before "=", and where a message says that they
#: must be different or have changed.
WORDS = {
    "labels": "--labels",
    "channels": "--channels",
    "cache": "--cache",
    "recursive": "--recursive",
    "pattern": "--pattern",
    "numbering": "--numbering",
    "device": "--device",
    "size": "--size",
    "lr": "--lr",
    "strategy": "--thresholds",
    "groups": "--groups",
    "csv": "--csv",
    "cv": "--cv",
    **{
        name: f"--set classifier__{name}"
        for name in ("activation", "callbacks", "dropout", "loss", "module", "optimizer")
    },
    "threshold": "--set classifier__threshold",
    "precision": "--set classifier__precision",
    "families": "--set images__families",
    "references": "--set images__references",
    "memmap": "--set images__memmap",
    "shrinkage": "--set thresholds__shrinkage",
    "method": "--set calibration__method",
}
#: Whole phrases that speak of Python.
_PHRASES = {
    "name them in channels": "name them with --channels in fit",
    "pass them as trusted=": "load it in Python, where load(trusted=[...]) accepts them",
}
_VALUE = r"""(?P<value>'[^']*'|"[^"]*"|\[[^\]]*\]|\([^)]*\)|[^\s,;:.)]+(?:\.\d+)?)"""
_ALONE, _END = r"(?<![\w/\\.,=-])", r"(?![\w/\\-])"
_ALL = OPTIONS | WORDS
_ASSIGNED = re.compile(rf"{_ALONE}(?P<name>{'|'.join(_ALL)})={_VALUE}")
_PARAMETER = re.compile(rf"The '(?P<name>{'|'.join(_ALL)})' parameter of \w+")
_NAMED = re.compile(rf"{_ALONE}(?P<name>{'|'.join(OPTIONS)}){_END}")
_WORD = re.compile(
    rf"(?:(?<=Lower )|(?<=Raise )|^|(?<=: )|(?<=; ))(?P<name>{'|'.join(WORDS)})"
    rf"(?= must | was | is | has | \(it is )|(?<=Lower )lr(?= )"
)
_CACHE = re.compile(
    r"Set cache to another folder, or to None; where it is None, (\w+) names this one"
)


def in_options(text: str) -> str:
    """Return a message with the options of the command line instead of Python's parameters.

    Examples
    --------
    >>> in_options("training ended at max_epochs=5 before it converged. Raise max_epochs")
    'training ended at --max-epochs 5 before it converged. Raise --max-epochs'
    >>> in_options("The 'dropout' parameter of MultiLabelMLPClassifier must be in [0, 1)")
    '--set classifier__dropout must be in [0, 1)'
    """
    for phrase, instead in _PHRASES.items():
        text = text.replace(phrase, instead)
    text = _CACHE.sub(r"Name another folder with --cache or \1, or use --no-cache", text)
    text = _ASSIGNED.sub(_assigned, text)
    for pattern in (_PARAMETER, _NAMED, _WORD):
        text = pattern.sub(lambda found: _ALL[found["name"] or "lr"], text)
    return text


def _assigned(found: re.Match[str]) -> str:
    option, value = _ALL[found["name"]], found["value"]
    if option.startswith("--set"):
        return f"{option}={value}"
    if option == "--recursive":
        return option
    plain = value.strip("'\"")
    return f"{option} {plain if re.fullmatch(r'[^*?{}|;,&$ ]+', plain) else value}"
