"""Results as a table, a csv file and a figure."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pandas as pd

from .contest import Result


def as_frame(results: list[Result]) -> pd.DataFrame:
    """Return one line per row and contender: medians, and the spread of the ratio over pairs."""
    lines = []
    for each in results:
        line = {"row": each.row, "unit": each.unit, "peer": each.contender, "aim": each.aim}
        if each.ours:
            line |= {
                "ours_s": float(f"{median(each.ours):.3g}"),
                "theirs_s": float(f"{median(each.theirs):.3g}"),
                "ratio": float(f"{median(each.ratios):.3g}"),
                "least": float(f"{min(each.ratios):.3g}"),
                "greatest": float(f"{max(each.ratios):.3g}"),
                "pairs": len(each.ratios),
                "met": {True: "yes", False: "no", None: ""}[each.met],
            }
        lines.append(line | {"note": each.note})
    return pd.DataFrame(lines)


def as_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a shorter table: the ratio and its spread are in one column."""
    found = frame.dropna(subset=["ratio"])
    spread = found[["ratio", "least", "greatest"]].map("{:.2f}".format)
    longer = found["aim"].fillna("").str.startswith("<=")
    return pd.DataFrame(
        {
            "row": found["row"],
            "peer": found["peer"],
            "ratio": spread["ratio"] + " (" + spread["least"] + " to " + spread["greatest"] + ")",
            "in": longer.map({True: "times its time", False: "times as fast"}),
            "aim": found["aim"].fillna("") + found["met"].map({"no": ", missed"}).fillna(""),
        }
    )


def show(result: Result) -> str:
    """Return one line of text to print."""
    head = f"{result.row} | {result.contender}"
    if not result.ours:
        return f"{head}: {result.note}"
    ratios = result.ratios
    kind = "times its time" if result.aim.startswith("<=") else "times as fast"
    ours, theirs = _seconds(median(result.ours)), _seconds(median(result.theirs))
    line = (
        f"{head}: {median(ratios):.2f} {kind} ({min(ratios):.2f} to {max(ratios):.2f}); "
        f"{ours} against {theirs} per {result.unit}"
    )
    if result.aim:
        line += f"; aim {result.aim}{'' if result.met else ', MISSED'}"
    return line + (f"; {result.note}" if result.note else "")


def _seconds(value: float) -> str:
    return f"{1000 * value:.3g} ms" if value < 1 else f"{value:.3g} s"


def plot(frame: pd.DataFrame, path: Path) -> None:
    """Plot median ratios on a logarithmic axis. Values above 1 mean that this library is faster."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    found = frame.dropna(subset=["ratio"]).iloc[::-1]
    longer = found["aim"].fillna("").str.startswith("<=")
    speed = found["ratio"].where(~longer, 1 / found["ratio"]).to_numpy()
    figure, ax = plt.subplots(figsize=(8, 0.7 + 0.24 * len(found)), layout="constrained")
    colors = ["#0072B2" if value >= 1 else "#D55E00" for value in speed]
    ax.barh(range(len(found)), speed - 1, left=1, color=colors, height=0.6)
    ax.axvline(1, color="#333333", linewidth=1)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.1, y=0.01)
    ax.set_yticks(range(len(found)), found["row"] + "  |  " + found["peer"], fontsize=7)
    ax.set_xlabel("times as fast as the peer")
    for position, value in enumerate(speed):
        side = "left" if value >= 1 else "right"
        number = f"{value:.2g}" if value < 10 else f"{value:.0f}"
        ax.text(value, position, f" {number} ", ha=side, va="center", fontsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
