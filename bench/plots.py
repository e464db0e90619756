"""Draws bars: `plots.py` in the environment of requirements/plots.txt, which bench/report.py asks for.

On stdin, as JSON: {file: [title, [panel's title, {name: value}], …]}. The colours are seen on a light and a dark page.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "gazette"  # the same figures make the same file
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.family"] = "sans-serif"
from matplotlib import pyplot as plt  # noqa: E402

INK, OURS, PEERS = "#7d8590", "#2f9e77", "#8da0cb"


def draw(file, title, panels):
    columns = 2
    lines = -(-len(panels) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(10, 2.3 * lines), squeeze=False)
    for axis, (name, bars) in zip(axes.flat, panels, strict=False):
        drawn = axis.barh(list(bars), list(bars.values()), color=[OURS if n == "ours" else PEERS for n in bars])
        axis.bar_label(drawn, [f"{value:,.4g}" for value in bars.values()], padding=3, color=INK, fontsize=8)
        axis.invert_yaxis()
        axis.margins(x=0.15)
        axis.set_title(name, color=INK, fontsize=9)
        axis.tick_params(colors=INK, labelsize=8, length=0)
        axis.set_xticks([])
        axis.spines[:].set_visible(False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    figure.suptitle(title, color=INK)
    figure.tight_layout()
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, transparent=True, metadata={"Date": None})
    plt.close(figure)


for file, (title, *panels) in json.load(sys.stdin).items():
    if panels:
        draw(file, title, panels)
