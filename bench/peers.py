#!/usr/bin/env python3
"""Optimizer steps of optimc against those of other libraries, on the CPU.

Everything runs in one process on the same threads, in turns: ratios mean
something, absolute times belong to the machine. README.md says how to read the
output."""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import sys
import tempfile
import types

HERE = pathlib.Path(__file__).resolve().parent
OPTIMIZERS = ("adamw", "ademamix", "lion", "lamb")
LISTS = ("1x64Mi", "gpt2", "200x65536", "10x1Mi", "1000x1024", "1x65536", "148x64", "10000x64")
PEERS = ("torch-loop", "torch-foreach", "torch-fused", "torch-compile", "optax", "deepspeed",
         "bnb", "bnb8", "pytorch_optimizer")
STATES = ("bf16", "bf16_sr", "f16", "q8", "q8_sr")
# Ten thousand tensors take these minutes to compile.
TOO_MANY = {"10000x64": ("optax", "torch-compile")}
QUICK_LISTS = ("1x65536", "1000x1024", "148x64")
QUICK_PEERS = ("torch-loop", "torch-foreach", "torch-fused")


def names(allowed):
    def parse(text):
        chosen = tuple(text.split(","))
        for name in chosen:
            if name not in allowed:
                raise argparse.ArgumentTypeError(
                    f"'{name}' is not one of {', '.join(allowed)}")
        return chosen

    return parse


def positive(kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < 1e9:
            raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
        return value

    return parse


def parse_arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--optimizers", type=names(OPTIMIZERS), default=OPTIMIZERS, metavar="NAME,...",
        help=f"of {', '.join(OPTIMIZERS)} (default: all)")
    add("--lists", type=names(LISTS), default=LISTS, metavar="NAME,...",
        help=f"shape lists, of {', '.join(LISTS)} (default: all)")
    add("--peers", type=names(PEERS), default=PEERS, metavar="NAME,...",
        help=f"of {', '.join(PEERS)} (default: all)")
    add("--states", type=names(STATES), default=("q8",), metavar="FORMAT,...",
        help=f"formats of optimc's states to measure besides float32 on large lists, of "
             f"{', '.join(STATES)} (default: q8)")
    add("--dtype", choices=("f32", "bf16"), default="f32",
        help="of parameters and gradients (default: %(default)s)")
    add("--threads", type=positive(int), default=len(os.sched_getaffinity(0)), metavar="N",
        help="threads of everyone (default: all processors, here %(default)s)")
    add("--isa", choices=("x86-64-v4", "x86-64-v3", "baseline"), default="x86-64-v4",
        help="the best instruction set that optimc may use (default: %(default)s)")
    add("--rounds", type=positive(int), default=40, metavar="N",
        help="interleaved rounds at most (default: %(default)s)")
    add("--seconds", type=positive(float), default=15.0, metavar="S",
        help="for the rounds of one list (default: %(default)g)")
    add("--compile-tensors", type=positive(int), default=16, metavar="N",
        help="the longest list that torch.compile is asked to compile (default: %(default)s)")
    add("--build", type=pathlib.Path, default=HERE.parent / "build" / "release", metavar="DIR",
        help="build directory (default: build/release)")
    add("--json", type=pathlib.Path, metavar="FILE", help="write all samples to this file")
    add("--markdown", type=pathlib.Path, metavar="FILE", help="write the tables to this file")
    add("--svg", type=pathlib.Path, metavar="FILE",
        help="draw the chart to this file (needs matplotlib)")
    add("--quick", action="store_true",
        help="a smoke test: two optimizers on small lists, torch only, one thread")
    args = parser.parse_args(argv)
    if args.threads > len(os.sched_getaffinity(0)):
        parser.error(f"--threads is {args.threads}, but this process may use "
                     f"{len(os.sched_getaffinity(0))} processors")
    if args.quick:
        args.optimizers, args.lists, args.peers = ("adamw", "ademamix"), QUICK_LISTS, QUICK_PEERS
        # One thread: others may be busy, and OpenMP's threads wait for each other.
        args.rounds, args.seconds, args.threads = 5, 1.0, 1
    return args


def limit_threads(count):
    """Before any library starts its threads: everyone sees `count` processors."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    os.environ["OMP_NUM_THREADS"] = str(count)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")


def describe_machine(args):
    model = "unknown"
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    versions = {}
    for package in ("torch", "jax", "optax", "deepspeed", "bitsandbytes", "pytorch_optimizer"):
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return {"cpu": model, "threads": args.threads, "isa": args.isa, "dtype": args.dtype,
            "system": platform.platform(), "python": platform.python_version(),
            "versions": versions,
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}


def run_list(problem, toolchain, yardstick, args, log):
    """Measures everyone on one list; returns what is known of it, and what was
    predicted."""
    import measure
    import optimc_contender
    import peer_optimizers
    import results

    limits = types.SimpleNamespace(compile_tensors=args.compile_tensors)
    contenders = optimc_contender.contenders(
        toolchain, problem, args.threads, args.isa,
        args.states if problem.list_name in results.LARGE else ())
    skipped = {}
    for name in args.peers:
        try:
            if name in TOO_MANY.get(problem.list_name, ()):
                raise peer_optimizers.NotAvailable("minutes to compile this list")
            contenders.append(peer_optimizers.PEERS[name](problem, limits))
        except peer_optimizers.NotAvailable as reason:
            skipped[name] = str(reason)
            log(f"  {name} is left out: {reason}")
    differences = measure.check_agreement(
        contenders, problem, peer_optimizers.exceptions(problem.optimizer))
    streams = yardstick.streams(problem)
    if streams:
        contenders.append(streams)
    load = measure.Load()
    measure.measure(contenders, args.rounds, args.seconds)
    others = load.others()
    predictions = results.check_predictions(problem, toolchain, args, contenders)
    bytes_per_element = {"": 0.0}
    for states in ("", *args.states):
        report = toolchain.report(problem.optimizer, optimc_contender.get_store(args.dtype, states))
        bytes_per_element[states] = report["bytes_read"] + report["bytes_written"]
    measured = []
    for contender in contenders:
        q1, median, q3 = contender.quartiles()
        states = contender.name.removeprefix("optimc-") if contender.ours else ""
        per_element = bytes_per_element.get(states, bytes_per_element[""])
        measured.append({
            "name": contender.name, "ours": contender.ours, "median": median, "q1": q1, "q3": q3,
            "gb_per_s": per_element * problem.elements / median * 1e-9,
            "difference": differences.get(contender.name),
            "known": peer_optimizers.known_difference(problem.optimizer, contender.name),
            "steps_per_sample": contender.inner, "seconds": contender.seconds})
    result = {"optimizer": problem.optimizer, "list": problem.list_name, "title": problem.title,
              "tensors": len(problem.shapes), "elements": problem.elements,
              "bytes_per_element": bytes_per_element[""], "skipped": skipped,
              "others_cpu": others, "load_average": os.getloadavg()[0],
              "contenders": measured}
    return result, predictions


def find_disagreements(result):
    """Peers that do not compute the same update: then times mean nothing."""
    import peer_optimizers

    wrong = []
    for each in result["contenders"]:
        known = (result["optimizer"], each["name"]) in peer_optimizers.DIFFERENT_RULES
        narrow = each["name"] == "bnb8" or each["difference"] is None
        if not known and not narrow and not each["difference"] <= peer_optimizers.TOLERANCE:
            wrong.append(f"{result['optimizer']}, {result['list']}: {each['name']} differs from "
                         f"optimc by {each['difference']:.2g} of the movement")
    return wrong


def run(args, document, log):
    """Fills `document`; returns the peers that compute something else."""
    import optimc_contender
    import results
    import shapes
    import yardstick as yardsticks

    wrong = []
    with tempfile.TemporaryDirectory() as work:
        toolchain = optimc_contender.Toolchain(args.build, work)
        toolchain.load_adapter(log)
        yardstick = yardsticks.Yardstick(args.build, args.threads)
        if yardstick.reason:
            log(f"no yardsticks: {yardstick.reason}")
        specs = toolchain.specs()
        for optimizer in args.optimizers:
            if optimizer not in specs:
                log(f"{optimizer} is left out: not among the built-in optimizers")
                continue
            if not args.quick:
                document["bandwidth"].append(yardstick.bandwidth())
            for name in args.lists:
                log(f"{optimizer}, {name}")
                problem = shapes.Problem(optimizer, name, args.dtype)
                result, predictions = run_list(problem, toolchain, yardstick, args, log)
                document["results"].append(result)
                document["predictions"] += predictions
                wrong += find_disagreements(result)
                results.print_result(result)
                results.save(document, args)
    print(results.markdown(document))
    if args.svg:
        results.draw(document, args.svg)
    return wrong


def main(argv=None):
    args = parse_arguments(argv)
    limit_threads(args.threads)
    sys.path.insert(0, str(HERE))

    def fail(error):
        print(f"peers.py: error: {error}", file=sys.stderr)
        return 2

    try:
        import torch
    except ImportError as error:
        return fail(f"{error}; install scripts/requirements.txt")
    import optimc_contender
    import results

    torch.set_num_threads(args.threads)
    document = {"machine": describe_machine(args), "bandwidth": [], "results": [],
                "predictions": []}
    try:
        wrong = run(args, document, lambda text: print(text, file=sys.stderr, flush=True))
    except (OSError, optimc_contender.OptimcError, results.NoChart) as error:
        return fail(error)
    for text in wrong:
        print(f"peers.py: {text}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
