"""Rules with norms: LAMB, AdamW with clipping by the global norm, and MARS,
against optax, torch and pytorch_optimizer, in float64. They run here; nothing is
stored."""

import numpy as np
import pytest
import torch

from golden_data import STEPS, check_all, make_data, run_optax, run_torch, states_of, values_of
from optimc_cli import run

MOMENTS = {"exp_avg": "exp_avg", "exp_avg_sq": "exp_avg_sq"}


@pytest.mark.parametrize("weight_decay", [0, .1])
def test_lamb_is_optax(weight_decay):
    import optax
    grads, params = make_data(3)
    expected, state = run_optax(optax.lamb(.01, b1=.9, b2=.99, eps=1e-6, weight_decay=weight_decay), grads, params)
    ours = run("lamb", grads, params, engine="interpreter-f64", lr=.01, beta1=.9, beta2=.99, eps=1e-6,
               weight_decay=weight_decay)
    states = {(name, mine): np.asarray(getattr(state[0], theirs)[name])
              for mine, theirs in (("exp_avg", "mu"), ("exp_avg_sq", "nu")) for name in params}
    check_all(ours, params, expected, states)


@pytest.mark.parametrize("engine", ["interpreter-f64", "interpreter", "compiled"])
def test_lamb_without_a_norm_has_ratio_1(engine):
    """|p| = 0: the first step is Adam's. |u| = 0: nothing moves."""
    grads = {"a": np.full((1, 3, 5), .5, np.float32), "b": np.zeros((1, 7), np.float32)}
    params = {"a": np.zeros((3, 5), np.float32), "b": np.linspace(1, 2, 7, dtype=np.float32)}
    out = run("lamb", grads, params, engine=engine, lr=.25, weight_decay=0, eps=0.5)
    assert np.allclose(out["param/a"][-1], -.25 * .5 / (.5 + .5), rtol=1e-6, atol=0)
    assert np.array_equal(out["param/b"][-1], params["b"])


@pytest.mark.parametrize("clipped", ["always", "sometimes", "never"])
def test_adamw_clip_is_torch(clipped):
    grads, params = make_data(4)
    norms = np.sqrt(sum((g.astype(np.float64) ** 2).reshape(STEPS, -1).sum(axis=1) for g in grads.values()))
    max_norm = {"always": norms.min() / 2, "sometimes": np.median(norms), "never": norms.max() * 2}[clipped]
    optimizer, tensors = run_torch(
        lambda p: torch.optim.AdamW(p, lr=.01, weight_decay=.1, foreach=False), grads, params,
        lambda p: torch.nn.utils.clip_grad_norm_(p, max_norm, foreach=False))
    ours = run("adamw_clip", grads, params, engine="interpreter-f64", lr=.01, weight_decay=.1, max_norm=max_norm)
    check_all(ours, params, values_of(tensors), states_of(optimizer, tensors, MOMENTS))


def test_adamw_clip_counts_tensors_that_take_part():
    """A tensor without gradient adds nothing to the norm and keeps its clock."""
    grads, params = make_data(5, steps=20)
    rng = np.random.default_rng(6)
    present = {name: rng.random(20) < .6 for name in grads}
    present["matrix"][:] = True
    tensors = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in params.items()}
    optimizer = torch.optim.AdamW(tensors.values(), lr=.01, weight_decay=.1, foreach=False)
    for step in range(20):
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name][step], dtype=torch.float64) if present[name][step] else None
        torch.nn.utils.clip_grad_norm_(tensors.values(), 1, foreach=False)
        optimizer.step()
    ours = run("adamw_clip", grads, params, present, engine="interpreter-f64", lr=.01, weight_decay=.1)
    check_all(ours, params, values_of(tensors), states_of(optimizer, tensors, MOMENTS))


def mars_of_pytorch_optimizer(p, **options):
    """With optimize_1d, as here, and without the 1e-15 that it adds under the
    root."""
    from pytorch_optimizer import MARS

    class Exact(MARS):
        @staticmethod
        def apply_ams_bound(ams_bound, exp_avg_sq, max_exp_avg_sq, eps, exp_avg_sq_eps=0):
            return MARS.apply_ams_bound(ams_bound, exp_avg_sq, max_exp_avg_sq, eps, exp_avg_sq_eps)

    return Exact(p, mars_type="adamw", optimize_1d=True, foreach=False, **options)


@pytest.mark.parametrize("gamma,high", [(.025, 1), (.5, 1), (.025, -2)])
def test_mars_is_pytorch_optimizer(gamma, high):
    """Gradients whose norm is clipped, and smaller ones. eps = 0: see the header
    of the spec."""
    grads, params = make_data(7, low=-3, high=high)
    optimizer, tensors = run_torch(
        lambda p: mars_of_pytorch_optimizer(p, lr=.01, betas=(.95, .99), gamma=gamma, weight_decay=.1, eps=0),
        grads, params)
    ours = run("mars", grads, params, engine="interpreter-f64", lr=.01, beta1=.95, beta2=.99, gamma=gamma,
               weight_decay=.1, eps=0)
    check_all(ours, params, values_of(tensors), states_of(optimizer, tensors, MOMENTS))


def mars_reference(g, p, lr, beta1, beta2, gamma, eps, weight_decay):
    """Algorithm 2 of the MARS paper with the approximate correction, float64."""
    m = v = last = np.zeros_like(p)
    clipped = 0
    for t in range(1, len(g) + 1):
        now = g[t - 1].astype(np.float64)
        c = now + gamma * beta1 / (1 - beta1) * (now - last)
        norm = np.sqrt((c * c).sum())
        clipped += norm > 1
        c = c / norm if norm > 1 else c
        m = beta1 * m + (1 - beta1) * c
        v = beta2 * v + (1 - beta2) * c * c
        u = (m / (1 - beta1 ** t)) / (np.sqrt(v / (1 - beta2 ** t)) + eps)
        p = p - lr * (u + weight_decay * p)
        last = now
    return p, {"exp_avg": m, "exp_avg_sq": v}, clipped


def test_mars_is_the_paper():
    """A transcription of the paper's algorithm, for eps."""
    grads, params = make_data(8, low=-3, high=0)
    options = dict(lr=.01, beta1=.95, beta2=.99, gamma=.025, eps=1e-3, weight_decay=.1)
    ours = run("mars", grads, params, engine="interpreter-f64", **options)
    expected, states, clipped = {}, {}, 0
    for name in params:
        expected[name], moments, count = mars_reference(grads[name], params[name].astype(np.float64), **options)
        states.update({(name, key): value for key, value in moments.items()})
        clipped += count
    assert 0 < clipped < STEPS * len(params)
    check_all(ours, params, expected, states)
