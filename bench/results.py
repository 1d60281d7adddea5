"""What was measured, as text, JSON, Markdown and a chart."""

import json
import statistics

from measure import sample
from optimc_contender import get_store

# Lists that no cache holds: where bytes over bandwidth says something.
LARGE = ("1x64Mi", "gpt2")


class NoChart(Exception):
    pass


def _milliseconds(seconds):
    return f"{seconds * 1e3:.3g}"


def _find(result, name):
    return next((c for c in result["contenders"] if c["name"] == name), None)


def _best_peer(result):
    peers = [c for c in result["contenders"] if not c["ours"] and c["name"] != "streams"]
    return min(peers, key=lambda c: c["median"], default=None)


def print_result(result):
    print(f"{result['optimizer']}, {result['title']}: {result['elements']:,} elements of "
          f"{result['bytes_per_element']:g} bytes; others used {result['others_cpu']:.2f} "
          "processors")
    print(f"  {'':<20} {'median ms':>10} {'quartiles':>21} {'GB/s':>7} {'samples':>8} "
          f"{'difference':>11}")
    for c in sorted(result["contenders"], key=lambda c: c["median"]):
        difference = "" if c["difference"] is None else f"{c['difference']:.1e}"
        quartiles = f"{_milliseconds(c['q1'])} .. {_milliseconds(c['q3'])}"
        print(f"  {c['name']:<20} {_milliseconds(c['median']):>10} {quartiles:>21} "
              f"{c['gb_per_s']:>7.1f} {len(c['seconds']):>8} {difference:>11}"
              f"{'  known' if c['known'] else ''}", flush=True)
    for c in result["contenders"]:
        if c["known"]:
            print(f"  {c['name']}: {c['known']}", flush=True)


def predict(problem, toolchain, args):
    """Seconds per step by states, as `optimc report` says from a bandwidth that is
    measured now; nothing where caches or another instruction set decide."""
    if args.quick or args.isa != "x86-64-v4" or problem.list_name not in LARGE:
        return {}
    probe = toolchain.probe(args.threads)
    return {states: toolchain.report(problem.optimizer, get_store(args.dtype, states),
                                     probe)["predicted_ns"] * 1e-9 * problem.elements
            for states in ("", *args.states)}


def check_predictions(problem, toolchain, args, contenders, rounds=3):
    """Predicts and steps in turns: memory changes its speed within seconds. Each
    step is compared with the mean of the predictions before and after it."""
    before = predict(problem, toolchain, args)
    if not before:
        return []
    by_name = {c.name: c for c in contenders}
    turns = {states: [] for states in before}
    for _ in range(rounds):
        measured = {states: statistics.median(
            sample(by_name[f"optimc-{states or 'native'}"]) for _ in range(5)) for states in turns}
        after = predict(problem, toolchain, args)
        for states, taken in turns.items():
            taken.append(((before[states] + after[states]) / 2, measured[states]))
        before = after
    return [{"optimizer": problem.optimizer, "list": problem.list_name, "states": states or "f32",
             "predicted": statistics.median(p for p, _ in taken),
             "measured": statistics.median(m for _, m in taken),
             "ratio": statistics.median(p / m for p, m in taken)}
            for states, taken in turns.items()]


def _ratio_table(results):
    columns = []
    for result in results:
        for c in result["contenders"]:
            if c["name"] not in columns:
                columns.append(c["name"])
    lines = ["| list | " + " | ".join(columns) + " | fastest peer / optimc | native |",
             "|---" * (len(columns) + 3) + "|"]
    for result in results:
        cells = []
        for name in columns:
            c = _find(result, name)
            cells.append(_milliseconds(c["median"]) if c else "-")
        ratios = ["-", "-"]
        best = _best_peer(result)
        if best:
            ours, native = _find(result, "optimc"), _find(result, "optimc-native")
            ratios = [f"**{best['median'] / ours['median']:.2f}** ({best['name']})",
                      f"{best['median'] / native['median']:.2f}"]
        lines.append(f"| {result['title']} | " + " | ".join(cells + ratios) + " |")
    return lines


def markdown(document):
    machine = document["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    lines = [f"{machine['cpu']}, {machine['threads']} threads, {machine['dtype']}, "
             f"{machine['time']}. {versions}."]
    others = [r["others_cpu"] for r in document["results"]]
    if others:
        lines += [f"Other processes and virtual machines used {min(others):.2f} to {max(others):.2f} processors "
                  "meanwhile."]
    for b in filter(None, document["bandwidth"]):
        lines += ["Memory, GB/s: " + ", ".join(f"{k} {v:.1f}" for k, v in b.items()) + "."]
    for optimizer in dict.fromkeys(r["optimizer"] for r in document["results"]):
        lines += ["", f"### {optimizer}, ms per step (medians)", ""]
        lines += _ratio_table([r for r in document["results"] if r["optimizer"] == optimizer])
    known = [f"{r['optimizer']}, {c['name']}: {c['known']}." for r in document["results"]
             for c in r["contenders"] if c["known"]]
    if known:
        lines += ["", "Known to compute another update:", "",
                  *(f"- {text}" for text in dict.fromkeys(known))]
    if document["predictions"]:
        lines += ["", "### Predicted by `optimc report`", "",
                  "| optimizer | list | states | predicted ms | measured ms | predicted / measured |",
                  "|---|---|---|---|---|---|"]
        for row in document["predictions"]:
            lines.append(f"| {row['optimizer']} | {row['list']} | {row['states']} | "
                         f"{_milliseconds(row['predicted'])} | {_milliseconds(row['measured'])} | "
                         f"{row['ratio']:.2f} |")
    return "\n".join(lines)


def save(document, args):
    """After each list: a run that is stopped has not run in vain."""
    if args.json:
        args.json.write_text(json.dumps(document, indent=1) + "\n")
    if args.markdown:
        args.markdown.write_text(markdown(document) + "\n")


def draw(document, path):
    """Speed relative to optimc, pointer gathering included: one panel per
    optimizer, one group of bars per list."""
    try:
        import matplotlib
        matplotlib.use("svg")
        from matplotlib import pyplot
    except ImportError as error:
        raise NoChart(f"no chart without matplotlib (bench/requirements.txt): {error}") from error
    optimizers = list(dict.fromkeys(r["optimizer"] for r in document["results"]))
    names = []
    for result in document["results"]:
        for c in result["contenders"]:
            if c["name"] not in names and not c["name"].startswith("optimc-"):
                names.append(c["name"])
    colors = dict(zip(names, pyplot.colormaps["tab10"].colors))
    figure, axes = pyplot.subplots(len(optimizers), 1, squeeze=False, layout="constrained",
                                   figsize=(11, 3.2 * len(optimizers)))
    for axis, optimizer in zip(axes[:, 0], optimizers):
        results = [r for r in document["results"] if r["optimizer"] == optimizer]
        width = 0.8 / len(names)
        for i, name in enumerate(names):
            at, speeds = [], []
            for k, result in enumerate(results):
                c = _find(result, name)
                if c:
                    at.append(k + (i - len(names) / 2 + 0.5) * width)
                    speeds.append(_find(result, "optimc")["median"] / c["median"])
            axis.bar(at, speeds, width, label=name, color=colors[name])
        axis.axhline(1, color="black", linewidth=0.5)
        axis.set_yscale("log")
        axis.set_ylabel("speed, optimc = 1")
        axis.set_title(optimizer)
        axis.set_xticks(range(len(results)), [r["list"] for r in results])
    axes[0, 0].legend(ncols=5, fontsize="small", loc="lower left")
    matplotlib.rcParams["svg.hashsalt"] = "optimc"
    figure.savefig(path, format="svg", metadata={"Date": None})
