"""The command ``demo``."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from . import _arguments as arguments
from ._output import tell

DEMO_IMAGES = 960
DEMO_EPOCHS = 60


def add_demo(add: arguments.AddCommand) -> None:
    """Add the command to the program."""
    demo = add("demo", run, "Make synthetic images, then train, score, save and predict.")
    demo.add_argument(
        "folder",
        nargs="?",
        default="hpa-demo",
        type=Path,
        help="folder to write to (default: hpa-demo)",
    )
    demo.add_argument(
        "--images", type=arguments.demo_size, default=DEMO_IMAGES, help="number of images"
    )
    demo.add_argument("--seed", type=arguments.seed, default=0)


def run(options: argparse.Namespace) -> None:
    from ..datasets import make_hpa_images, save_hpa
    from ._program import make_parser

    folder = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists already; name another folder for the demo")
    tell(f"Writing {options.images} images of synthetic cells to {folder} ...")
    images, y = make_hpa_images(
        options.images, n_labels=6, n_cells=1, size=128, random_state=options.seed
    )
    n_train = options.images * 3 // 4
    save_hpa(folder / "train", images[:n_train], y[:n_train])
    save_hpa(folder / "test", images[n_train:], y[n_train:])
    model = str(folder / "model.skops")
    for command in (
        ["fit", str(folder / "train"), "--output", model, "--seed", str(options.seed)]
        + ["--labels", "present", "--max-epochs", str(DEMO_EPOCHS)],
        ["evaluate", model, str(folder / "test"), "--output", str(folder / "report.csv")],
        ["predict", model, str(folder / "test"), "--output", str(folder / "predictions.csv")],
    ):
        tell(f"\n$ sklearn-hpa {shlex.join(command)}")
        stage = make_parser().parse_args(command)
        # The folder may be deleted at any time, and its images are read in seconds.
        stage.no_cache, stage.interrupted = True, options.interrupted
        stage.run(stage)
    tell(f"\nThe images, the model, its report and its predictions are in {folder}.")
    tell("Compare the report's column 'model' with its baselines: flat pixels are a weak baseline.")
