"""test/Specs/slices.mlir, which has states per row, column and block, against
the same rule in NumPy (float64), and compiled against interpreted."""

import os

import numpy as np
import pytest

from golden_data import SHAPES, check_all, make_data
from optimc_cli import SOURCE, run, same_bits

SPEC = os.path.join(SOURCE, "test/Specs/slices.mlir")
STATES = ("row_avg", "col_max", "block_avg", "largest", "model_avg")


def view(x):
    """batch x rows x cols."""
    return x.reshape(1, 1, -1) if x.ndim < 2 else x.reshape(-1, *x.shape[-2:])


def block_means(x, length):
    starts = np.arange(0, x.size, length)
    return np.add.reduceat(x.ravel(), starts) / np.diff(starts, append=x.size)


def reference(grads, params, block, lr, beta, eps):
    """Final parameters and states."""
    p = {k: v.astype(np.float64) for k, v in params.items()}
    r = {k: np.zeros(view(v).shape[:2]) for k, v in p.items()}
    c = {k: np.zeros(view(v).shape[::2]) for k, v in p.items()}
    b = {k: 0 * block_means(v, block) for k, v in p.items()}
    s = dict.fromkeys(p, 0.0)
    n = 0.0
    for step in range(len(next(iter(grads.values())))):
        g = {k: v[step].astype(np.float64) for k, v in grads.items()}
        for k in p:
            r[k] = beta * r[k] + (1 - beta) * (view(g[k]) ** 2).mean(axis=2)
            c[k] = np.maximum(beta * c[k], np.abs(view(g[k])).max(axis=1))
            b[k] = beta * b[k] + (1 - beta) * block_means(g[k] * p[k], block)
            s[k] = max(s[k], r[k].max())
        n = .5 * n + .5 * sum((x ** 2).sum() for x in b.values())
        for k in p:
            scale = 1 / (1 + c[k].sum() + np.sqrt(n) + abs(b[k].min()))
            width = view(np.repeat(np.abs(b[k]), block)[:p[k].size].reshape(p[k].shape))
            below = np.sqrt(r[k])[:, :, None] + c[k][:, None, :] + width + eps
            u = view(g[k]) / below + scale * view(p[k])
            rate = lr / (1 + np.sqrt((u ** 2).mean()) + np.sqrt(s[k]))
            slices = u.max(axis=2)[:, :, None] + u.min(axis=1)[:, None, :]
            p[k] = (view(p[k]) - rate * (u - .125 * slices)).reshape(p[k].shape)
    states = {}
    for k in p:
        states.update({(k, "row_avg"): r[k], (k, "col_max"): c[k], (k, "block_avg"): b[k],
                       (k, "largest"): s[k], (k, "model_avg"): n})
    return p, states


@pytest.mark.parametrize("block", [1, 8, 37, 5000, 100000])
def test_float64_is_numpy(block):
    grads, params = make_data(20, low=-2, high=0)
    options = dict(lr=.05, beta=.9, eps=1e-6)
    expected, states = reference(grads, params, block, **options)
    ours = run(SPEC, grads, params, engine="interpreter-f64", block=block, **options)
    check_all(ours, params, expected, states)


@pytest.mark.parametrize("block", [1, 8, 37, 5000])
def test_compiled_is_interpreted(block):
    shapes = dict(SHAPES, scalar=(), one=(1,), column=(200, 1), row=(1, 300), wide=(2, 4099), tall=(4101, 2))
    grads, params = make_data(21, steps=6, shapes=shapes)
    oracle = run(SPEC, grads, params, engine="interpreter", block=block)
    ours = run(SPEC, grads, params, engine="compiled", block=block)
    assert set(ours) == set(oracle)
    for stream, values in oracle.items():
        assert same_bits(ours[stream], values), stream
        if stream.startswith("state/row_avg"):
            assert (values[-1] > 0).all()
    assert len(ours) == len(shapes) * (2 + len(STATES))
