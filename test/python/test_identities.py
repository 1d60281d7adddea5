"""Optimizers that must be another one, bit for bit."""

import numpy as np
import pytest

from optimc_cli import run, same_bits

STEPS = 40


def inputs(seed=0, steps=STEPS, n=257):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-8, 3, size=n)
    grads = (rng.standard_normal((steps, n)) * scale).astype(np.float32)
    grads[:, :8] = np.float32(-0.0)  # rows without gradient, signed
    grads[:, 8:16] = 0
    params = rng.standard_normal(n).astype(np.float32)
    params[::9] = -0.0
    return {"x": grads}, {"x": params}


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
def test_ademamix_with_alpha_0_is_adamw(engine):
    grads, params = inputs()
    hypers = dict(engine=engine, lr=.01, weight_decay=.1)
    a = run("ademamix", grads, params, alpha=0, alpha_warmup=0, beta3_warmup=0, **hypers)
    b = run("adamw", grads, params, **hypers)
    for stream in ("param/x", "state/exp_avg/x", "state/exp_avg_sq/x"):
        assert same_bits(a[stream], b[stream]), stream


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
@pytest.mark.parametrize("pma,base", [("adamw_pma", "adamw"), ("lion_pma", "lion")])
def test_pma_with_period_1_is_its_base(pma, base, engine):
    grads, params = inputs(1)
    hypers = dict(engine=engine, lr=.01, weight_decay=.1)
    a = run(pma, grads, params, period=1, **hypers)
    b = run(base, grads, params, **hypers)
    assert same_bits(a["param/x"], b["param/x"])


@pytest.mark.parametrize("engine", ["interpreter-f64", "compiled"])
def test_pma_with_inner_coefficient_0_is_gradient_accumulation(engine):
    period, n = 4, 64
    rng = np.random.default_rng(2)
    grads = rng.standard_normal((period * 10, n)).astype(np.float32)
    params = rng.standard_normal(n).astype(np.float32)
    hypers = dict(engine=engine, lr=.01, weight_decay=.1)
    a = run("adamw_pma", {"x": grads}, {"x": params}, period=period, inner_coefficient=0, square_of_mean=1,
            **hypers)
    # The running mean that the spec defines: a + (g - a) / j, in its precision.
    kind = np.float64 if engine == "interpreter-f64" else np.float32
    means = []
    for block in grads.astype(kind).reshape(-1, period, n):
        mean = block[0]
        for j in range(2, period + 1):
            weight = kind(1 / j)
            mean = (weight.astype(np.float64) * (block[j - 1] - mean).astype(np.float64)
                    + mean.astype(np.float64)).astype(kind)
        means.append(mean)
    b = run("adamw", {"x": np.array(means)}, {"x": params}, **hypers)
    ours, theirs = a["param/x"][::period], b["param/x"]
    if engine == "compiled":
        # float64 products of float32 numbers are exact; their sum may round twice.
        assert np.abs(ours - theirs).max() <= 2 * np.spacing(np.abs(theirs).max())
    else:
        assert np.abs(ours - theirs).max() < 1e-12


@pytest.mark.parametrize("engine", ["interpreter", "compiled"])
@pytest.mark.parametrize("spec", ["sgd", "adam", "adamw", "ademamix", "lion", "signum", "adamw_pma", "lion_pma"])
def test_lr_0_and_gradient_0_moves_no_parameter(spec, engine):
    _, params = inputs(3)
    out = run(spec, {"x": np.zeros((5, 257), np.float32)}, params, engine=engine, lr=0)
    for row in out["param/x"]:
        assert np.array_equal(row, params["x"])


@pytest.mark.parametrize("spec", ["sgd", "adam", "adamw", "ademamix", "lion", "signum", "adamw_pma", "lion_pma"])
def test_compiled_is_interpreted(spec):
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 2**32, size=(12, 1000), dtype=np.uint32).view(np.float32)
    params = rng.integers(0, 2**32, size=1000, dtype=np.uint32).view(np.float32)
    a = run(spec, {"x": bits}, {"x": params}, engine="interpreter")
    b = run(spec, {"x": bits}, {"x": params}, engine="compiled")
    for stream, values in b.items():
        assert same_bits(a[stream], values), stream
