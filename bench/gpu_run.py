#!/usr/bin/env python3
"""Optimizer steps on a GPU against a copy of as many bytes, and torch fused.

One process, one stream each, in turns: ratios mean something. `copy` moves within
the device as many bytes as the step reads and writes: the yardstick of memory.
torch takes part where it sees the device (AdamW). With --check the result of three
steps is compared, bit for bit, with the compiled CPU code.

Exit codes: 0; 1, other bits than the CPU; 2, wrong options, or no device."""

import argparse
import ctypes
import json
import math
import os
import pathlib
import statistics
import sys
import tempfile

import numpy
import torch

from cuda_driver import Driver, DriverError
from optimc_contender import Error, OptimcError, Options, TensorDesc, Toolchain
from shapes import HYPERS, LISTS

HERE = pathlib.Path(__file__).resolve().parent
CPU, CUDA = 0, 1


class Step:
    """One optimizer over arrays of float32 at given addresses."""

    def __init__(self, toolchain, gpu, optimizer, shapes, params, grads, device, stream=None):
        self.runtime, self.error, self.handle = toolchain.runtime, Error(), ctypes.c_void_p()
        options = Options(ctypes.sizeof(Options), 0, 0, device, 0, 2**64 - 1, None, None)
        program = toolchain.compile(optimizer, gpu=gpu)
        self.call("optimc_create", ctypes.c_void_p(program), ctypes.byref(options), ctypes.byref(self.handle))
        if stream:
            self.call("optimc_set_stream", self.handle, stream)
        group = ctypes.c_uint32()
        self.call("optimc_add_group", self.handle, b"all", ctypes.byref(group))
        for name, value in HYPERS[optimizer].items():
            self.call("optimc_set_hyper", self.handle, group, name.encode(), ctypes.c_double(value))
        for i, shape in enumerate(shapes):
            extents = (ctypes.c_int64 * len(shape))(*shape)
            desc = TensorDesc(ctypes.sizeof(TensorDesc), len(shape), b"w%d" % i, extents, params[i],
                              grads[i], 0, 0, 0, -1)
            self.call("optimc_add_tensor", self.handle, group, ctypes.byref(desc),
                      ctypes.byref(ctypes.c_uint32()))

    def call(self, function, *args):
        if getattr(self.runtime, function)(*args, ctypes.byref(self.error)):
            raise OptimcError(f"{function}: {self.error.message.decode()}")

    def __call__(self):
        self.call("optimc_step", self.handle)

    def close(self):
        self.runtime.optimc_destroy(self.handle)


class Arrays:
    """The same random parameters and gradients on the host and on the device."""

    def __init__(self, driver, shapes):
        random = numpy.random.default_rng(1)
        self.driver = driver
        self.host = [[random.standard_normal(math.prod(s), dtype=numpy.float32) for s in shapes]
                     for _ in range(2)]
        self.device = [[driver.allocate(max(a.nbytes, 1)) for a in arrays] for arrays in self.host]
        for addresses, arrays in zip(self.device, self.host):
            for address, array in zip(addresses, arrays):
                driver.upload(address, array)

    def addresses(self):
        return [[a.ctypes.data for a in arrays] for arrays in self.host]

    def differing(self):
        """Parameters that differ in any bit."""
        count = 0
        for address, array in zip(self.device[0], self.host[0]):
            found = numpy.empty_like(array)
            self.driver.download(found, address)
            count += int(numpy.count_nonzero(found.view(numpy.uint32) != array.view(numpy.uint32)))
        return count

    def close(self):
        for address in sum(self.device, []):
            self.driver.free(address)


def torch_fused(shapes):
    params = [torch.nn.Parameter(torch.randn(s, device="cuda")) for s in shapes]
    for param in params:
        param.grad = torch.randn_like(param)
    hypers = HYPERS["adamw"]
    optimizer = torch.optim.AdamW(params, lr=hypers["lr"], betas=(hypers["beta1"], hypers["beta2"]),
                                  eps=hypers["eps"], weight_decay=hypers["weight_decay"], fused=True)

    def time():
        events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        events[0].record()
        optimizer.step()
        events[1].record()
        events[1].synchronize()
        return events[0].elapsed_time(events[1]) * 1e-3

    return time


def measure(driver, toolchain, gpu, optimizer, list_name, rounds, check):
    title, shapes = LISTS[list_name]
    elements = sum(math.prod(s) for s in shapes)
    report = toolchain.report(optimizer)
    moved = elements * (report["bytes_read"] + report["bytes_written"])
    arrays = Arrays(driver, shapes)
    step = Step(toolchain, gpu, optimizer, shapes, *arrays.device, CUDA, driver.stream)
    different = None
    for _ in range(3):
        step()
    driver.synchronize()
    if check:
        reference = Step(toolchain, gpu, optimizer, shapes, *arrays.addresses(), CPU)
        for _ in range(3):
            reference()
        reference.close()
        different = arrays.differing()
    half = max(1, int(moved // 2))
    buffers = [driver.allocate(half) for _ in range(2)]
    driver.call("cuMemsetD8_v2", ctypes.c_uint64(buffers[1]), ctypes.c_ubyte(0), ctypes.c_size_t(half))
    events = [driver.event() for _ in range(2)]
    contenders = {
        "optimc": lambda: driver.time(step, events),
        "copy": lambda: driver.time(lambda: driver.copy(*buffers, half), events),
    }
    # Another driver than the system's is not torch's.
    if optimizer == "adamw" and "OPTIMC_LIBCUDA" not in os.environ and torch.cuda.is_available():
        contenders["torch fused"] = torch_fused(shapes)
    samples = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, sample in contenders.items():
            samples[name].append(sample())
    step.close()
    arrays.close()
    for buffer in buffers:
        driver.free(buffer)
    medians = {name: statistics.median(values) for name, values in samples.items()}
    row = {"optimizer": optimizer, "list": list_name, "elements": elements, "bytes": moved,
           "seconds": samples, "differing": different}
    text = "  ".join(f"{name} {median * 1e3:.4g} ms" + (
        f" ({median / medians['optimc']:.2f}x)" if name != "optimc" and medians["optimc"] else "")
        for name, median in medians.items())
    same = "" if different is None else ("  same bits as the CPU" if different == 0
                                         else f"  {different} parameters DIFFER from the CPU")
    print(f"{optimizer:<10} {title:<26} {text}{same}")
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build" / "release",
                        help="build directory (default: build/release)")
    parser.add_argument("--optimizers", default="adamw,ademamix,lion,lamb", help="(default: %(default)s)")
    parser.add_argument("--lists", default="1x64Mi,gpt2,200x65536,1000x1024,10000x64",
                        help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=30, help="(default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="compare with the CPU first")
    parser.add_argument("--json", type=pathlib.Path, help="write all samples to this file")
    args = parser.parse_args()
    optimizers, lists = args.optimizers.split(","), args.lists.split(",")
    if unknown := set(optimizers) - set(HYPERS) or set(lists) - set(LISTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are the optimizers "
                     f"{', '.join(HYPERS)} and the lists {', '.join(LISTS)}")
    if args.rounds < 1:
        parser.error("--rounds must be positive")
    rows = []
    try:
        driver = Driver()
        gpu = f"sm_{driver.architecture()}"
        print(f"{driver.name()}, {gpu}; x: time over that of optimc")
        with tempfile.TemporaryDirectory() as work:
            toolchain = Toolchain(args.build, work)
            for optimizer in optimizers:
                for list_name in lists:
                    rows.append(measure(driver, toolchain, gpu, optimizer, list_name, args.rounds, args.check))
    except (DriverError, OptimcError) as error:
        print(f"gpu_run: {error}", file=sys.stderr)
        return 2
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 1 if any(row["differing"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
