"""Adafactor against torch.optim.Adafactor and against optax's factored second
moment, in float64. Both run here; nothing is stored."""

import numpy as np
import pytest
import torch

from golden_data import SHAPES, check_all, make_data, run_optax, run_torch, states_of, values_of
from optimc_cli import run

NAMES = {"row_var": "row_var", "col_var": "col_var", "variance": "variance"}
CASES = {
    "defaults": dict(),
    "weight-decay": dict(lr=.1, weight_decay=.1, d=1.1),
    # 1 / sqrt(t) becomes smaller than lr in step 5.
    "relative-step": dict(lr=.5, beta2_decay=-.5),
    "not-clipped": dict(d=1000),
    # Both lower bounds are met.
    "large-eps": dict(eps1=.2, eps2=2),
}


@pytest.mark.parametrize("case", CASES)
def test_torch(case):
    options = dict(dict(lr=.01, beta2_decay=-.8, eps1=1e-7, eps2=1e-3, d=1, weight_decay=0), **CASES[case])
    grads, params = make_data(1)
    optimizer, tensors = run_torch(
        lambda p: torch.optim.Adafactor(p, lr=options["lr"], beta2_decay=options["beta2_decay"],
                                        eps=(options["eps1"], options["eps2"]), d=options["d"],
                                        weight_decay=options["weight_decay"], foreach=False), grads, params)
    ours = run("adafactor", grads, params, engine="interpreter-f64", **options)
    states = states_of(optimizer, tensors, NAMES)
    assert len(states) == sum(2 if len(shape) > 1 else 1 for shape in SHAPES.values())
    check_all(ours, params, values_of(tensors), states)


def test_bounds_matter():
    """The case large-eps tests something: its result is another one."""
    grads, params = make_data(1)
    outs = [run("adafactor", grads, params, engine="interpreter-f64", **CASES[case])
            for case in ("defaults", "large-eps", "relative-step", "not-clipped")]
    for i, a in enumerate(outs):
        for b in outs[:i]:
            assert np.abs(a["param/matrix"][-1] - b["param/matrix"][-1]).max() > 1e-3


def test_optax():
    """optax.adafactor's chain with the decay in float64 (its own is float32) and
    the paper's relative step. optax factors the two largest dimensions: the last
    two here."""
    import jax.numpy as jnp
    import optax
    shapes = {"bias": (37,), "matrix": (31, 43), "batch": (3, 5, 7), "filters": (2, 3, 5, 7)}
    grads, params = make_data(2, shapes=shapes)
    lr = .3
    transform = optax.chain(
        optax.scale_by_factored_rms(
            min_dim_size_to_factor=2,
            decay_rate_fn=lambda i, rate: 1 - jnp.asarray(i + 1, "float64") ** -rate),
        optax.clip_by_block_rms(1.0),
        optax.scale_by_schedule(lambda i: jnp.minimum(lr, 1 / jnp.sqrt(jnp.asarray(i + 1, "float64")))),
        optax.scale_by_param_block_rms(1e-3),
        optax.scale(-1))
    expected, state = run_optax(transform, grads, params)
    # optax adds 1e-30 to each square, which is nothing here.
    ours = run("adafactor", grads, params, engine="interpreter-f64", lr=lr, eps1=1e-30)
    states = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            states[name, "variance"] = np.asarray(state[0].v[name])
            continue
        # v_row has the largest dimension, here the last, reduced.
        states[name, "row_var"] = np.asarray(state[0].v_row[name])
        states[name, "col_var"] = np.asarray(state[0].v_col[name])
    check_all(ours, params, expected, states)
