"""The specs are their papers: goldens by independent implementations, made here
by the installed packages, over 100 steps with gradients from 1e-8 to 1e3.

Errors are relative to how far a tensor moved: |ours - theirs| / |theirs - start|
in the Euclidean norm.
"""

import numpy as np
import pytest
import torch

from optimc_cli import run

STEPS, SHAPE = 100, (16, 24)
TOLERANCE = {"interpreter-f64": 1e-10, "interpreter": 1e-5, "compiled": 1e-5}


def make_gradients(seed=0, tensors=("a", "b")):
    """Each element has a scale of its own; tensor "b" is a vector."""
    rng = np.random.default_rng(seed)
    grads, params = {}, {}
    for name in tensors:
        shape = SHAPE if name != "b" else (37,)
        scale = 10.0 ** rng.uniform(-8, 3, size=shape)
        grads[name] = (rng.standard_normal((STEPS, *shape)) * scale).astype(np.float32)
        params[name] = rng.standard_normal(shape).astype(np.float32)
    return grads, params


def distance(ours, theirs, start):
    moved = np.linalg.norm(theirs - start)
    return np.linalg.norm(ours.astype(np.float64) - theirs) / moved


def run_torch(make, grads, params, present=None):
    """{tensor: final parameter}, {(tensor, state): final value} in float64."""
    tensors = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in params.items()}
    optimizer = make(list(tensors.values()))
    for step in range(STEPS):
        for name, tensor in tensors.items():
            missing = present is not None and not present[name][step]
            tensor.grad = None if missing else torch.tensor(grads[name][step], dtype=torch.float64)
        optimizer.step()
    states = {(name, key): value.numpy() if torch.is_tensor(value) else value
              for name, tensor in tensors.items() for key, value in optimizer.state[tensor].items()
              if value is not None}
    return {k: v.detach().numpy() for k, v in tensors.items()}, states


def check(ours, params, expected, states, tolerance):
    for name in params:
        start = params[name].astype(np.float64)
        assert distance(ours[f"param/{name}"][-1], expected[name], start) < tolerance, name
    for (name, state), value in states.items():
        mine = ours[f"state/{state}/{name}"][-1]
        if state == "step":
            assert mine == value
        else:
            assert distance(mine, value, 0) < tolerance, (name, state)


TORCH = {
    "sgd": ("sgd", dict(momentum=0), lambda p: torch.optim.SGD(p, lr=.01, weight_decay=.1)),
    "sgd-momentum": ("sgd", dict(momentum=.9),
                     lambda p: torch.optim.SGD(p, lr=.01, momentum=.9, weight_decay=.1)),
    "sgd-dampening": ("sgd", dict(momentum=.9, dampening=.5),
                      lambda p: torch.optim.SGD(p, lr=.01, momentum=.9, dampening=.5, weight_decay=.1)),
    "sgd-nesterov": ("sgd", dict(momentum=.9, nesterov=1),
                     lambda p: torch.optim.SGD(p, lr=.01, momentum=.9, nesterov=True, weight_decay=.1)),
    "adam": ("adam", {}, lambda p: torch.optim.Adam(p, lr=.01, weight_decay=.1)),
    "adamw": ("adamw", {}, lambda p: torch.optim.AdamW(p, lr=.01, weight_decay=.1)),
}


@pytest.mark.parametrize("engine", TOLERANCE)
@pytest.mark.parametrize("case", TORCH)
def test_torch(case, engine):
    spec, hypers, make = TORCH[case]
    grads, params = make_gradients()
    expected, states = run_torch(make, grads, params)
    states = {key: value for key, value in states.items()
              if not (spec == "sgd" and hypers["momentum"] == 0)}
    ours = run(spec, grads, params, engine=engine, lr=.01, weight_decay=.1, **hypers)
    check(ours, params, expected, states, TOLERANCE[engine])


@pytest.mark.parametrize("engine", TOLERANCE)
@pytest.mark.parametrize("case", ["adamw", "sgd-momentum"])
def test_parameters_that_miss_gradients_count_their_own_steps(case, engine):
    spec, hypers, make = TORCH[case]
    grads, params = make_gradients(1, ("a", "b", "c"))
    rng = np.random.default_rng(2)
    present = {name: rng.random(STEPS) < share for name, share in (("a", 1), ("b", .6), ("c", .3))}
    expected, states = run_torch(make, grads, params, present)
    ours = run(spec, grads, params, present, engine=engine, lr=.01, weight_decay=.1, **hypers)
    check(ours, params, expected, states, TOLERANCE[engine])
    for name, flags in present.items():
        assert ours[f"state/step/{name}"][-1] == flags.sum()


def run_optax(transform, grads, params):
    import jax
    import optax
    jax.config.update("jax_enable_x64", True)
    values = {k: jax.numpy.asarray(v, dtype="float64") for k, v in params.items()}
    state = transform.init(values)
    for step in range(STEPS):
        updates, state = transform.update({k: jax.numpy.asarray(g[step], dtype="float64")
                                           for k, g in grads.items()}, state, values)
        values = optax.apply_updates(values, updates)
    return {k: np.asarray(v) for k, v in values.items()}, state


def optax_cases():
    import optax
    return {
        "adamw": ("adamw", {}, optax.adamw(.01, weight_decay=.1), {"exp_avg": "mu", "exp_avg_sq": "nu"}),
        "lion": ("lion", {}, optax.lion(.01, weight_decay=.1), {"exp_avg": "mu"}),
        # Without schedulers: optax counts steps from 0, the paper from 1.
        "ademamix": ("ademamix", dict(alpha=5, alpha_warmup=0, beta3_warmup=0),
                     optax.contrib.ademamix(.01, weight_decay=.1, alpha=5.),
                     {"exp_avg": "m1", "exp_avg_slow": "m2", "exp_avg_sq": "nu"}),
    }


@pytest.mark.parametrize("engine", TOLERANCE)
@pytest.mark.parametrize("case", ["adamw", "lion", "ademamix"])
def test_optax(case, engine):
    spec, hypers, transform, names = optax_cases()[case]
    grads, params = make_gradients()
    expected, state = run_optax(transform, grads, params)
    states = {(name, ours): np.asarray(getattr(state[0], theirs)[name])
              for ours, theirs in names.items() for name in params}
    ours = run(spec, grads, params, engine=engine, lr=.01, weight_decay=.1, **hypers)
    check(ours, params, expected, states, TOLERANCE[engine])


def ademamix_reference(g, p, lr, betas, alpha, alpha_warmup, beta3_warmup, weight_decay, eps=1e-8):
    """Algorithm 1 and equations (6) and (7) of the AdEMAMix paper, float64."""
    b1, b2, b3 = betas
    m1 = m2 = v = np.zeros_like(p)
    for t in range(1, len(g) + 1):
        alpha_t = min(t * alpha / alpha_warmup, alpha)
        mu = t / beta3_warmup
        b3_t = min(np.exp(np.log(b1) * np.log(b3) / ((1 - mu) * np.log(b3) + mu * np.log(b1))), b3) \
            if t < beta3_warmup else b3
        gt = g[t - 1].astype(np.float64)
        m1 = b1 * m1 + (1 - b1) * gt
        m2 = b3_t * m2 + (1 - b3_t) * gt
        v = b2 * v + (1 - b2) * gt ** 2
        u = (m1 / (1 - b1 ** t) + alpha_t * m2) / (np.sqrt(v / (1 - b2 ** t)) + eps)
        p = p - lr * (u + weight_decay * p)
    return p, {"exp_avg": m1, "exp_avg_slow": m2, "exp_avg_sq": v}


@pytest.mark.parametrize("engine", TOLERANCE)
def test_ademamix_with_both_schedulers(engine):
    grads, params = make_gradients()
    ours = run("ademamix", grads, params, engine=engine, lr=.01, weight_decay=.1, alpha=8, beta3=.9999,
               alpha_warmup=80, beta3_warmup=50)
    for name in params:
        p, states = ademamix_reference(grads[name], params[name].astype(np.float64), .01, (.9, .999, .9999),
                                       8, 80, 50, .1)
        check(ours, {name: params[name]}, {name: p},
              {(name, key): value for key, value in states.items()}, TOLERANCE[engine])
