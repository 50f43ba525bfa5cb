# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots and one HTML page of one or several runs."""
import base64
import html
import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)

from metrics import group_by_table  # noqa: E402
from trace import intervals, records  # noqa: E402

# Legible in print and for most colour-blind readers (Okabe and Ito).
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
           "#000000", "#999999"]
LINES = ["-", "--", "-.", ":"]
STYLE = {
    "font.size": 9, "axes.grid": True, "grid.alpha": 0.3,
    "axes.spines.top": False, "axes.spines.right": False,
    "figure.figsize": (6.2, 3.2), "figure.constrained_layout.use": True,
    "svg.hashsalt": "hospes",
}
TIMELINE_NS = 60 * 10**6
CSS = """
body { font: 15px/1.45 Georgia, serif; max-width: 56em; margin: 2em auto;
       padding: 0 1em; color: #111; }
h1, h2 { font-family: sans-serif; font-weight: 600; }
table { border-collapse: collapse; font: 13px sans-serif; margin: 1em 0; }
td, th { padding: .25em .7em; border-bottom: 1px solid #ccc;
         text-align: right; }
td:first-child, th:first-child, td.l { text-align: left; }
img { max-width: 100%; } .note { color: #555; } pre { font-size: 12px; }
@media print { body { margin: 0; } }
"""


def ns(value):
    """A duration for people."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.0f} ns"


def picture(fig):
    out = io.BytesIO()
    fig.savefig(out, format="svg", metadata={"Date": None})
    plt.close(fig)
    text = base64.b64encode(out.getvalue()).decode()
    return f'<img src="data:image/svg+xml;base64,{text}">'


def style_of(i):
    return {"color": COLOURS[i % len(COLOURS)],
            "linestyle": LINES[i // len(COLOURS) % len(LINES)]}


def ccdf_plot(series, title, unit=1e3, label="delay (us)"):
    """Complementary distribution on logarithmic axes: tails are visible."""
    fig, ax = plt.subplots()
    shown = False
    for i, (name, h) in enumerate(series):
        if h["count"] < 2:
            continue
        xs, ys, seen = [], [], 0
        for top, n in h["cdf"]:
            xs.append(max(top, 1) / unit)
            ys.append(max((h["count"] - seen) / h["count"], 1e-9))
            seen += n
        ax.step(xs, ys, where="pre", label=name, **style_of(i))
        shown = True
    if not shown:
        plt.close(fig)
        return ""
    ax.set(xscale="log", yscale="log", xlabel=label,
           ylabel="share that is longer", title=title)
    ax.legend(fontsize=8)
    return picture(fig)


def share_plot(groups_by_run):
    fig, ax = plt.subplots()
    names = [g["name"] for g in groups_by_run[0][1]]
    width = 0.8 / len(groups_by_run)
    for i, (label, groups) in enumerate(groups_by_run):
        at = [j + (i - (len(groups_by_run) - 1) / 2) * width
              for j in range(len(names))]
        ax.bar(at, [g["share"] for g in groups], width, label=label,
               color=COLOURS[i % len(COLOURS)],
               hatch=["", "//", "..", "xx"][i % 4], edgecolor="white")
    ax.set_xticks(range(len(names)), names, rotation=20, ha="right")
    ax.set(ylabel="CPUs used", title="Processor time")
    if len(groups_by_run) > 1:
        ax.legend(fontsize=8)
    return picture(fig)


def timeline_plot(path, names, label):
    """Who ran where, a little way in."""
    recs = records(path)
    start = recs[len(recs) // 2][0]
    lanes = intervals(recs)
    cpus = sorted(lanes)[:8]
    fig, ax = plt.subplots(figsize=(6.2, 0.6 + 0.35 * len(cpus)))
    seen = {}
    for row, cpu in enumerate(cpus):
        for since, to, d, v in lanes[cpu]:
            if to < start or since > start + TIMELINE_NS:
                continue
            colour = COLOURS[seen.setdefault(d, len(seen)) % len(COLOURS)]
            ax.broken_barh([((since - start) / 1e6, (to - since) / 1e6)],
                           (row - 0.4, 0.8), facecolor=colour,
                           edgecolor="white", linewidth=0.3)
    for d, i in list(seen.items())[:8]:
        ax.barh(0, 0, color=COLOURS[i % len(COLOURS)],
                label=names[d] if d < len(names) else f"d{d}")
    ax.set_yticks(range(len(cpus)), [f"CPU {c}" for c in cpus])
    ax.set(xlim=(0, TIMELINE_NS / 1e6), xlabel="ms",
           title=f"Who runs where, from {ns(start)} on: {label}")
    ax.grid(False)
    ax.legend(fontsize=7, ncol=4, loc="upper center",
              bbox_to_anchor=(0.5, -0.35))
    return picture(fig)


def table(head, rows):
    def cell(tag, text):
        return f"<{tag}>{html.escape(str(text))}</{tag}>"

    return "<table><tr>" + "".join(cell("th", h) for h in head) + "</tr>" + \
        "".join("<tr>" + "".join(cell("td", c) for c in row) + "</tr>"
                for row in rows) + "</table>"


def percent(value):
    return "" if value is None else f"{100 * value:.2f} %"


SUMMARY = [
    ("scheduling delay, mean", lambda r: ns(r["delay"]["mean"])),
    ("99 %", lambda r: ns(r["delay"]["p99"])),
    ("99.9 %", lambda r: ns(r["delay"]["p999"])),
    ("longest", lambda r: ns(r["delay"]["max"])),
    ("deadlines missed", lambda r: f"{r['misses']} of {r['jobs']}"),
    ("Jain's index of shares",
     lambda r: "" if r["jain"] is None else f"{r['jain']:.5f}"),
    ("largest weight error", lambda r: percent(r["weight_error"])),
    ("utilisation", lambda r: percent(r["utilisation"])),
    ("idle while one waited",
     lambda r: percent(r["idle_while_runnable_ns"] /
                       (r["cpus"] * r["duration_ns"]))),
    ("decisions", lambda r: f"{r['decisions']:,}"),
    ("switches", lambda r: f"{r['switches']:,}"),
    ("migrations", lambda r: f"{r['migrations']:,}"),
    ("host time for a decision",
     lambda r: f"{1e9 * r['host_s'] / max(1, r['decisions']):.0f} ns"),
    ("trace hash", lambda r: r["trace_hash"]),
]


def summary_table(runs):
    return table([""] + [label for label, _, _ in runs],
                 [[name] + [get(r) for _, r, _ in runs]
                  for name, get in SUMMARY])


def guest_table(groups):
    return table(
        ["guests", "load", "CPUs used", "weight error", "delay mean",
         "99 %", "longest", "jobs/s", "response mean", "99 %", "missed"],
        [[f"{g['name']} x{g['domains']}", g["load"], f"{g['share']:.3f}",
          percent(g["weight_error"]), ns(g["delay"]["mean"]),
          ns(g["delay"]["p99"]), ns(g["delay"]["max"]),
          f"{g['throughput']:.1f}", ns(g["response"]["mean"]),
          ns(g["response"]["p99"]), g["misses"]] for g in groups])


def report(title, about, runs, path):
    """Write the page of @runs: (label, result, experiment) to @path."""
    with plt.rc_context(STYLE):
        page = build(title, about, runs)
    with open(path, "w", encoding="utf-8") as f:
        f.write(page)


def build(title, about, runs):
    groups = [(label, group_by_table(r, e)) for label, r, e in runs]
    parts = [f"<h1>{html.escape(title)}</h1>",
             "".join(f"<p>{html.escape(p)}</p>"
                     for p in about.strip().split("\n\n") if p),
             "<h2>Summary</h2>", summary_table(runs)]
    parts.append(ccdf_plot([(label, r["delay"]) for label, r, _ in runs],
                           "Scheduling delay, all guests"))
    for name in [g["name"] for g in groups[0][1]]:
        parts += guest_plots(name, groups)
    same = len({tuple(g["name"] for g in gs) for _, gs in groups}) == 1
    if same:
        parts += ["<h2>Processor time</h2>", share_plot(groups)]
    for label, gs in groups:
        parts += [f"<h2>Guests: {html.escape(label)}</h2>", guest_table(gs)]
    for label, r, _ in runs:
        if r.get("trace"):
            parts.append(timeline_plot(
                r["trace"], [g["name"] for g in r["guests"]], label))
    parts.append('<p class="note">Simulated by the scheduling laboratory of '
                 "Hospes with the policies of the hypervisor; delay is from "
                 "a wake-up to running. Same seed, same trace hash.</p>")
    return (f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{html.escape(title)}</title><style>{CSS}</style><body>"
            + "\n".join(parts) + "</body></html>\n")


def guest_plots(name, groups):
    parts = []
    for kind, what in (("delay", "scheduling delay"),
                       ("response", "response time")):
        series = [(label, g[kind]) for label, gs in groups for g in gs
                  if g["name"] == name and g[kind]["count"] > 20]
        if series:
            parts.append(ccdf_plot(series, f"{name}: {what}",
                                   label=f"{what} (us)"))
    return parts


def sweep_plot(key, values, series, metric, path):
    """@series: {label: [value or None]}."""
    with plt.rc_context(STYLE):
        fig, ax = plt.subplots()
        for i, (label, ys) in enumerate(series.items()):
            ax.plot(range(len(values)), ys, marker="o", label=label,
                    **style_of(i))
        ax.set_xticks(range(len(values)), [str(v) for v in values])
        ax.set(xlabel=key, ylabel=metric)
        if len(series) > 1:
            ax.legend(fontsize=8)
        fig.savefig(path, metadata={"Date": None})
        plt.close(fig)
