"""Runs the optimc command line and reads what it writes."""

import json
import os
import subprocess
import tempfile

import numpy as np

BIN = os.environ.get("OPTIMC_BIN_DIR", "build/release/bin")
SOURCE = os.environ.get("OPTIMC_SOURCE_DIR", ".")


def optimc(*args, check=True, tool="optimc", **kwargs):
    """The finished process of `optimc args...`; fails on a non-zero exit code."""
    done = subprocess.run([os.path.join(BIN, tool), *map(str, args)],
                          capture_output=True, text=True, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError(f"{done.args} exited with {done.returncode}:\n{done.stderr}")
    return done


def scalars(spec, steps, **hypers):
    """{name: [value at each step]} of `optimc scalars`."""
    args = ["scalars", spec, "--json", "--steps", ",".join(map(str, steps))]
    if hypers:
        args += ["--set", ",".join(f"{k}={v!r}" for k, v in hypers.items())]
    result = json.loads(optimc(*args).stdout)
    return {name: entry["values"] for name, entry in result["scalars"].items()}


def run(spec, grads, params=None, present=None, engine="compiled", init=None, freeze=None, block=None, **hypers):
    """Runs a spec on gradients {tensor: [steps, ...]} and gives all streams:
    {"param/x": [steps + 1, ...], "state/exp_avg/x": ...}. `present` is
    {tensor: [steps] of bool}; `block` is the length of blocks."""
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)
        arrays = {name: np.ascontiguousarray(value) for name, value in grads.items()}
        for name, flags in (present or {}).items():
            arrays[name + "/present"] = np.asarray(flags, dtype=np.float64)
        np.savez(path("grads.npz"), **arrays)
        args = ["run", spec, "--grads", path("grads.npz"), "--engine", engine, "--out", path("out.npz")]
        if params is not None:
            np.savez(path("params.npz"), **params)
            args += ["--params", path("params.npz")]
        if hypers:
            args += ["--set", ",".join(f"{k}={float(v)!r}" for k, v in hypers.items())]
        if init:
            args += ["--init", ",".join(f"{k}={v!r}" for k, v in init.items())]
        if block:
            args += ["--block", block]
        if freeze:
            args += ["--freeze", ",".join(f"{k}={v!r}" for k, v in freeze.items())]
        optimc(*args)
        with np.load(path("out.npz")) as out:
            return {name: out[name] for name in out.files}


def same_bits(a, b):
    """Equal bits; all NaNs count as one, signed zeros differ."""
    a, b = np.asarray(a), np.asarray(b)
    unsigned = np.uint32 if a.dtype == np.float32 else np.uint64
    return a.shape == b.shape and a.dtype == b.dtype and bool(
        np.all((a.view(unsigned) == b.view(unsigned)) | (np.isnan(a) & np.isnan(b))))
