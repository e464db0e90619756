"""Draws a dashboard, in the environment of requirements/plots.txt: bench/dashboard.py runs it."""

import json
import sys
import textwrap
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "gazette"
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.family"] = "sans-serif"
from matplotlib import pyplot as plt  # noqa: E402

INK, FAINT, LINE = "#7d8590", "#d0d7de", "#d1242f"
COLOURS = ["#2f9e77", "#3b73b9", "#d9822b", "#8250df", "#b35900", "#57606a"] * 3

given = json.load(sys.stdin)
widgets = given["widgets"]
lines = max(one["y"] + one["height"] for one in widgets)
figure = plt.figure(figsize=(14, 0.42 * lines), facecolor="white")


def place(one, inner=0.0):
    return figure.add_axes(
        (
            (one["x"] + 0.25 + 0.9 * inner) / 24,
            1 - (one["y"] + one["height"] - 0.9 * inner) / (lines + 1) - 1 / (lines + 1),
            (one["width"] - 0.5 - 1.1 * inner) / 24,
            (one["height"] - 2.0 * inner) / (lines + 1),
        )
    )


figure.text(
    0.5, 1 - 0.6 / (lines + 1), ha="center", color=INK, fontsize=9,
    s=f"Local data: {given['seconds']:.0f} seconds of the local cloud, in steps of {given['step']} s "
    "(where a title says minute or hour). What only AWS measures is empty.",
)  # fmt: skip
for one in widgets:
    if one["type"] == "text":
        axis = place(one)
        axis.axis("off")
        text = one["text"].replace("#", "").replace("`", "").strip()
        if one["height"] > 1:
            text = "\n".join("\n".join(textwrap.wrap(part, 42)) for part in text.split("\n"))
            axis.text(0, 0.95, text, va="top", color=INK, fontsize=8)
        else:
            axis.text(0, 0.3, text, color="#24292f", fontsize=11, weight="bold")
        continue
    if one["type"] == "alarm":
        axis = place(one)
        axis.axis("off")
        axis.text(0, 0.93, f"{one['title']} (their state is AWS's to know)", color=INK, fontsize=9)
        for position, alarm in enumerate(one["alarms"]):
            column, row = divmod(position, 8)
            axis.text(0.25 * column, 0.8 - 0.1 * row, f"□ {alarm}", color=INK, fontsize=7)
        continue
    axis = place(one, 1.0)
    axis.set_title(one["title"], color=INK, fontsize=8, loc="left")
    for colour, (label, points) in zip(COLOURS, one["series"].items(), strict=False):
        if points:
            axis.plot([step * given["step"] for step, _ in points], [value for _, value in points], color=colour,
                      label=label, linewidth=1, marker=".", markersize=3)  # fmt: skip
    if not any(one["series"].values()):
        axis.text(0.5, 0.5, "no data here", transform=axis.transAxes, ha="center", color=FAINT, fontsize=9)
    else:
        axis.legend(fontsize=6, frameon=False, labelcolor=INK, loc="upper right")
    for label, value in one["lines"].items():
        axis.axhline(value, color=LINE, linewidth=0.8, linestyle="--")
        axis.text(0, value, label, color=LINE, fontsize=6, va="bottom")
    axis.set_xlim(0, given["seconds"])
    axis.set_ylim(bottom=0)
    axis.tick_params(colors=INK, labelsize=6, length=0)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color(FAINT)
Path(given["file"]).parent.mkdir(parents=True, exist_ok=True)
figure.savefig(given["file"], metadata={"Date": None})
