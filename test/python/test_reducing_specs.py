"""Compiled rules with reductions, classes, delays and scalar states are the
interpreted ones, bit for bit, and their outputs are read by the C API."""

import numpy as np
import pytest

from compiled import Compiled
from golden_data import SHAPES, make_data
from optimc_cli import optimc, run, same_bits

SPECS = ["adafactor", "lamb", "adamw_clip", "schedule_free_adamw", "mars"]
# More than one block of 4096 values and panel of 64 rows, single rows and
# columns, nothing at all.
EDGES = dict(SHAPES, scalar=(), one=(1,), column=(200, 1), row=(1, 300), wide=(2, 4099), tall=(4101, 2),
             empty=(0, 5), none=(0,))


def compare(spec, grads, params, present=None, **hypers):
    """All streams; what the compiled program does not store never moves."""
    oracle = run(spec, grads, params, present, engine="interpreter", **hypers)
    ours = run(spec, grads, params, present, engine="compiled", **hypers)
    # The interpreter keeps a delay's ring to itself. States that a class does not
    # store are left out, or empty where the tensor is.
    stored = {stream for stream, values in ours.items()
              if not stream.startswith("state/previous_grad") and (values.size or not oracle[stream].size)}
    for stream in stored:
        assert same_bits(oracle[stream], ours[stream]), stream
    for stream in set(oracle) - stored:
        assert same_bits(oracle[stream], np.broadcast_to(oracle[stream][:1], oracle[stream].shape).copy()), stream
    return ours


@pytest.mark.parametrize("spec", SPECS)
def test_compiled_is_interpreted(spec):
    grads, params = make_data(30, steps=20, shapes=EDGES)
    rng = np.random.default_rng(31)
    present = {name: rng.random(20) < .7 for name in ("matrix", "wide", "batch", "row")}
    ours = compare(spec, grads, params, present, weight_decay=.1)
    for name, value in params.items():
        if value.size and name != "scalar":
            assert not np.array_equal(ours[f"param/{name}"][-1], value), name


@pytest.mark.parametrize("spec", SPECS)
def test_compiled_is_interpreted_for_any_bits(spec):
    """Infinities, NaNs, subnormals: in one tensor, so that others stay finite."""
    grads, params = make_data(32, steps=8, shapes={"wild": (9, 113), "matrix": (67, 129), "bias": (37,)})
    rng = np.random.default_rng(33)
    grads["wild"] = rng.integers(0, 2**32, size=grads["wild"].shape, dtype=np.uint32).view(np.float32)
    grads["matrix"][3] *= np.float32(1e-30)
    grads["bias"][:] = 0
    compare(spec, grads, params)


@pytest.mark.parametrize("spec", SPECS)
def test_diff_finds_nothing(spec, tmp_path):
    """The same by the tools: `optimc run` twice and `optimc diff`."""
    grads, params = make_data(34, steps=10, shapes={"matrix": (67, 129)})
    np.savez(tmp_path / "grads.npz", **grads)
    np.savez(tmp_path / "params.npz", **params)
    for engine in ("interpreter", "compiled"):
        optimc("run", spec, "--grads", tmp_path / "grads.npz", "--params", tmp_path / "params.npz", "--engine", engine,
               "--out", tmp_path / f"{engine}.npz")
    done = optimc("diff", tmp_path / "interpreter.npz", tmp_path / "compiled.npz", check=False)
    stored_apart = {"adafactor": "variance", "mars": "previous_grad"}.get(spec)
    if stored_apart:
        assert done.stdout.startswith(f"equal where both have values; but not: state/{stored_apart}/matrix (only in ")
        assert done.stdout.count("only in") == 1
    else:
        assert done.returncode == 0 and done.stdout.startswith("equal: "), done.stdout


def test_previous_gradient_is_the_previous_gradient():
    grads, params = make_data(35, steps=5)
    ours = run("mars", grads, params, engine="compiled")
    for name in params:
        previous = ours[f"state/previous_grad/{name}"]
        assert not previous[0].any()
        assert same_bits(previous[1:], grads[name])


def test_output_is_the_global_norm(tmp_path):
    grads, params = make_data(36, steps=4)
    optimizer = Compiled("adamw_clip", params, tmp_path, max_norm=.5)
    for step in range(4):
        now = {name: g[step] for name, g in grads.items()}
        optimizer.step(now)
        norm = np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in now.values()))
        # Lanes of at most 16 rows add in float32.
        assert abs(optimizer.output("grad_norm") - norm) < 1e-6 * norm
    optimizer.close()


@pytest.mark.parametrize("plan", ["recompute", "store"])
@pytest.mark.parametrize("spec", SPECS)
def test_plans_of_phases_give_the_same_bits(spec, plan, tmp_path):
    grads, params = make_data(37, steps=6, shapes=EDGES)
    oracle = run(spec, grads, params, engine="interpreter")
    optimizer = Compiled(spec, params, tmp_path, flags=[f"--phases={plan}"])
    for step in range(6):
        optimizer.step({name: g[step] for name, g in grads.items()})
        for name, value in optimizer.params.items():
            # Rank 0 is written as float64.
            assert same_bits(value, oracle[f"param/{name}"][step + 1].astype(np.float32)), (step, name)
    optimizer.close()


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
@pytest.mark.parametrize("spec,hypers", [("adamw_clip", dict(max_norm=float("inf"))), ("mars", dict(gamma=0))])
def test_without_its_own_part_it_is_adamw(spec, hypers, engine):
    """MARS never scales what is shorter than 1."""
    grads, params = make_data(38, steps=12, low=-6, high=-4)
    hypers = dict(hypers, lr=.01, beta1=.9, beta2=.99, weight_decay=.1)
    ours = run(spec, grads, params, engine=engine, **hypers)
    hypers.pop("max_norm", None), hypers.pop("gamma", None)
    theirs = run("adamw", grads, params, engine=engine, **hypers)
    for stream, values in theirs.items():
        assert same_bits(ours[stream], values), stream


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
@pytest.mark.parametrize("spec", SPECS)
def test_lr_0_and_gradient_0_moves_no_parameter(spec, engine):
    grads, params = make_data(39, steps=5, shapes=EDGES)
    grads = {name: np.zeros_like(g) for name, g in grads.items()}
    out = run(spec, grads, params, engine=engine, lr=0)
    for name, value in params.items():
        for row in out[f"param/{name}"]:
            assert np.array_equal(row, value), name
