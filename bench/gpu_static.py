#!/usr/bin/env python3
"""What the emitted GPU kernels will cost, from their machine code: no GPU needed.

Compiles specs to PTX, assembles them with ptxas, reads the machine code back with
cuobjdump and checks it against bars:

  registers, spills, stack    ptxas -v
  accesses                    global ones only, and as wide as the streams allow
  in flight                   bytes of loads that a thread issues before it waits,
                              and that times the threads of an SM
  instructions per element    on the shortest way through the hot loop

Exit codes: 0; 1, a bar is missed; 2, wrong options or a tool is not there.
"""

import argparse
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import sass

REGISTERS_PER_SM = 65536
REGISTER_GRANULE = 8  # registers of a thread are given out in this step
THREADS = 256  # of a block
MAX_THREADS = {80: 2048, 90: 2048, 100: 2048}


@dataclasses.dataclass
class Bars:
    """`instructions` per element; `in_flight` in bytes per thread."""

    instructions: int
    widths: tuple  # bytes that loads and stores of streams may have
    in_flight: int = 64
    per_sm: int = 40 * 1024


@dataclasses.dataclass
class Case:
    name: str
    spec: str
    store: str
    bars: Bars


CASES = [
    Case("adamw", "adamw", "", Bars(35, (16,))),
    Case("ademamix", "ademamix", "", Bars(39, (16,))),
    Case("lion", "lion", "", Bars(11, (16,))),
    Case("adamw bf16", "adamw", "param=bf16,grad=bf16", Bars(38, (8, 16))),
    Case("adamw all bf16", "adamw", "param=bf16,grad=bf16,exp_avg=bf16,exp_avg_sq=bf16",
         Bars(40, (16,))),
    Case("adamw q8", "adamw", "exp_avg=q8,exp_avg_sq=q8", Bars(60, (16, 4, 8))),
]


class ToolError(Exception):
    pass


def find_tool(name):
    """ptxas and cuobjdump: those of scripts/requirements.txt, else of the PATH."""
    for site in sys.path:
        for path in pathlib.Path(site or ".").glob(f"nvidia/cu*/bin/{name}"):
            return str(path)
    found = shutil.which(name)
    if not found:
        raise ToolError(f"'{name}' is not there: install scripts/requirements.txt or the CUDA toolkit")
    return found


def run(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if result.returncode:
        raise ToolError(f"{' '.join(map(str, command))} failed:\n{result.stderr or result.stdout}")
    return result


def compile_ptx(optimc, case, sm):
    command = [optimc, "compile", case.spec, f"--gpu=sm_{sm}", "--emit=ptx", "-o", "-"]
    if case.store:
        command.append(f"--store={case.store}")
    return run(command).stdout


def report(optimc, case):
    command = [optimc, "report", case.spec, "--json"]
    if case.store:
        command.append(f"--store={case.store}")
    return json.loads(run(command).stdout)


def assemble(ptx, sm, folder):
    """The kernels by name, and what ptxas says of each."""
    source, cubin = folder / "kernel.ptx", folder / "kernel.cubin"
    source.write_text(ptx)
    log = run([find_tool("ptxas"), f"-arch=sm_{sm}", "-v", source, "-o", cubin]).stderr
    kernels = sass.parse(run([find_tool("cuobjdump"), "-sass", cubin]).stdout)
    facts, name = {}, None
    for line in log.splitlines():
        if match := re.search(r"Function properties for (\S+)", line):
            name = match.group(1)
        elif match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill", line):
            stack, stores, loads = map(int, match.groups())
            facts.setdefault(name, {}).update(stack=stack, spills=stores + loads)
        elif match := re.search(r"Compiling entry function '(\S+)'", line):
            name = match.group(1)
        elif match := re.search(r"Used (\d+) registers", line):
            facts.setdefault(name, {})["registers"] = int(match.group(1))
    return kernels, facts


def resident_threads(registers, sm):
    rounded = -(-registers // REGISTER_GRANULE) * REGISTER_GRANULE
    by_registers = REGISTERS_PER_SM // (rounded * 32) * 32
    return min(MAX_THREADS[sm], by_registers) // THREADS * THREADS


def measure(case, sm, optimc, folder):
    """The facts of the kernel with the largest hot loop, which does the step."""
    kernels, facts = assemble(compile_ptx(optimc, case, sm), sm, folder)
    written = report(optimc, case)["bytes_written"]
    loops = {name: kernel.hot_loop() for name, kernel in kernels.items() if "evaluate" not in name}
    name = max((n for n, loop in loops.items() if loop), key=lambda n: loops[n].bytes("is_store"))
    kernel, loop = kernels[name], loops[name]
    # One lane of a warp has the exponent of an 8-bit block, 2 bytes for 256 values.
    blocks = case.store.count("q8")
    elements = loop.bytes("is_store", (2,) if blocks else ()) / (written - blocks * 2 / 256)
    threads = resident_threads(facts[name]["registers"], sm)
    in_flight = loop.in_flight()
    return {
        "case": case.name, "sm": sm, "kernel": name, **facts[name],
        "elements": elements,
        "instructions": loop.shortest() / elements,
        "loads": loop.accesses("is_load"), "stores": loop.accesses("is_store"),
        "in_flight": in_flight, "threads": threads, "in_flight_sm": in_flight * threads,
        "generic": kernel.count("LD", "ST"),
        "local": kernel.count("LDL", "STL"),
        "shared": kernel.count("LDS", "STS"),
        "barriers": kernel.count("BAR"),
        "float64": kernel.count("DADD", "DMUL", "DFMA", "DSETP", "DMNMX"),
        "mufu": sum(i.name == "MUFU" for i in loop.instructions) / elements,
    }


def missed(facts, bars):
    """Sentences, one for each bar that is missed."""
    problems = []
    for what in ("spills", "stack", "generic", "local", "shared", "barriers", "float64"):
        if facts[what]:
            problems.append(f"{facts[what]} {what}, allowed 0")
    # One exponent for 256 codes of 8 bits is read and written alone.
    narrow = {w for kind in ("loads", "stores") for w in facts[kind]
              if w not in bars.widths and not (facts["case"].endswith("q8") and w == 2)}
    if narrow:
        problems.append(f"accesses of {sorted(narrow)} bytes, allowed {sorted(bars.widths)}")
    if facts["instructions"] > bars.instructions:
        problems.append(f"{facts['instructions']:.1f} instructions per element, allowed {bars.instructions}")
    if facts["in_flight"] < bars.in_flight:
        problems.append(f"{facts['in_flight']} bytes in flight per thread, wanted {bars.in_flight}")
    if facts["in_flight_sm"] < bars.per_sm:
        problems.append(f"{facts['in_flight_sm']} bytes in flight per SM, wanted {bars.per_sm}")
    return problems


def accesses(counts):
    return " ".join(f"{n}x{w}" for w, n in sorted(counts.items(), reverse=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where bin/optimc is")
    parser.add_argument("--sm", default="80,90,100", help="architectures (default: %(default)s)")
    parser.add_argument("--json", type=pathlib.Path, help="write the facts here")
    parser.add_argument("--report-only", action="store_true", help="exit with 0 when a bar is missed")
    args = parser.parse_args()
    optimc = pathlib.Path(args.build) / "bin" / "optimc"
    if not optimc.exists():
        parser.error(f"there is no {optimc}; build it, or say where with --build")
    try:
        sms = [int(sm) for sm in args.sm.split(",")]
    except ValueError:
        parser.error(f"--sm is '{args.sm}', not a list of numbers such as 80,90")
    if unknown := set(sms) - set(MAX_THREADS):
        parser.error(f"--sm: no bars for {sorted(unknown)}; there are bars for {sorted(MAX_THREADS)}")
    rows, failed = [], False
    print(f"{'case':<16} {'sm':>4} {'regs':>4} {'el/thr':>6} {'instr/el':>8} {'loads':<12} {'stores':<12} "
          f"{'B/thr':>5} {'KB/SM':>6} {'mufu/el':>7}")
    for case in CASES:
        for sm in sms:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    facts = measure(case, sm, optimc, pathlib.Path(folder))
                except ToolError as error:
                    print(f"gpu_static: {error}", file=sys.stderr)
                    return 2
            facts["missed"] = missed(facts, case.bars)
            rows.append(facts)
            print(f"{case.name:<16} {sm:>4} {facts['registers']:>4} {facts['elements']:>6g} "
                  f"{facts['instructions']:>8.1f} {accesses(facts['loads']):<12} {accesses(facts['stores']):<12} "
                  f"{facts['in_flight']:>5} {facts['in_flight_sm'] / 1024:>6.0f} {facts['mufu']:>7.1f}")
            for problem in facts["missed"]:
                failed = True
                print(f"  missed: {problem}")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 1 if failed and not args.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
