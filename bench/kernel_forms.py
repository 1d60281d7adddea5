#!/usr/bin/env python3
"""What decides the form of the CPU loop: prefetch distance and unrolling, varied
in the LLVM IR of compiled optimizers and measured interleaved in one process."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import peers

SIZES = {"64Mi": 1 << 26, "1Mi": 1 << 20, "64Ki": 1 << 16}
PREFETCH = r"getelementptr i8, ptr (%\d+), i32 2048"
CALL = r"  call void @llvm\.prefetch.*\n"


def build(toolchain, llvm, work, spec, distance, unroll):
    """A shared library of `spec`; distance in bytes, 0 for no prefetch."""
    name = f"{spec}-{distance}-{unroll}"
    path = work / f"{name}.ll"
    toolchain.run("compile", spec, "--cpu", "x86-64-v4", "--emit=llvm", "-o", str(path))
    text = path.read_text()
    if not re.search(PREFETCH, text):
        raise SystemExit("kernel_forms.py: error: the compiled loop prefetches in another way "
                         "than this script looks for (2048 bytes ahead)")
    if distance:
        text = re.sub(PREFETCH, rf"getelementptr i8, ptr \1, i32 {distance}", text)
    else:
        text = re.sub(CALL, "", text)
    path.write_text(text)
    object_file, library = work / f"{name}.o", work / f"{name}.so"
    if unroll > 1:
        subprocess.run([llvm / "opt", "-S", "-passes=loop-unroll", f"-unroll-count={unroll}",
                        "-unroll-runtime", path, "-o", path], check=True)
    subprocess.run([llvm / "llc", "-O2", "-relocation-model=pic", "-filetype=obj", path, "-o",
                    object_file], check=True)
    subprocess.run([llvm / "ld.lld", "-shared", object_file, "-o", library], check=True)
    return library


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--optimizers", type=peers.names(("adamw", "ademamix")), default=("adamw", "ademamix"),
        metavar="NAME,...", help="adamw, ademamix (default: both)")
    add("--sizes", type=peers.names(tuple(SIZES)), default=tuple(SIZES), metavar="SIZE,...",
        help=f"elements, of {', '.join(SIZES)} (default: all)")
    add("--threads", type=peers.positive(int), default=2, metavar="N", help="(default: 2)")
    add("--rounds", type=peers.positive(int), default=15, metavar="N", help="(default: 15)")
    add("--seconds", type=peers.positive(float), default=20.0, metavar="S",
        help="for the rounds of one size (default: 20)")
    add("--build", type=pathlib.Path, default=peers.HERE.parent / "build" / "release",
        metavar="DIR", help="build directory (default: build/release)")
    add("--llvm", type=pathlib.Path, default=pathlib.Path("/usr/lib/llvm-22/bin"), metavar="DIR",
        help="where opt, llc and ld.lld of LLVM 22 are (default: %(default)s)")
    args = parser.parse_args()
    peers.limit_threads(args.threads)
    import measure
    import optimc_contender
    import shapes
    import torch

    torch.set_num_threads(args.threads)
    forms = [(distance, 1) for distance in (2048, 0, 512, 1024, 4096)]
    forms += [(2048, 2), (2048, 4), (0, 4)]
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        try:
            toolchain = optimc_contender.Toolchain(args.build, work)
            for spec in args.optimizers:
                libraries = {form: build(toolchain, args.llvm, work, spec, *form)
                             for form in forms}
                for size in args.sizes:
                    shapes.LISTS["one"] = (size, [(SIZES[size],)])
                    problem = shapes.Problem(spec, "one", "f32")
                    contenders = []
                    for (distance, unroll), library in libraries.items():
                        toolchain.load(spec, "", library)
                        optimizer = optimc_contender.CompiledOptimizer(
                            toolchain, problem, "", args.threads, "x86-64-v4")
                        contenders.append(measure.Contender(
                            f"prefetch {distance}, unroll {unroll}", optimizer.step_only,
                            keep=optimizer))
                    load = measure.Load()
                    measure.measure(contenders, args.rounds, args.seconds)
                    print(f"{spec}, {size}, {args.threads} threads; others used "
                          f"{load.others():.2f} processors")
                    for each in contenders:
                        q1, median, q3 = (1e9 * t / problem.elements for t in each.quartiles())
                        print(f"  {each.name:<24} {median:.3f} ns/element "
                              f"({q1:.3f} .. {q3:.3f})", flush=True)
        except (OSError, subprocess.CalledProcessError, optimc_contender.OptimcError) as error:
            print(f"kernel_forms.py: error: {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
