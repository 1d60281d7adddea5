"""The slow EMA of AdEMAMix does not drift: beta3 = .9999 over 10,000 steps."""

import numpy as np
import pytest

from optimc_cli import run

STEPS, N = 10_000, 64


@pytest.mark.parametrize("stream", ["constant", "noise", "constant + noise"])
def test_relative_error_is_below_2e_6(stream):
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((STEPS, N)).astype(np.float32)
    grads = {"constant": np.ones((STEPS, N), np.float32), "noise": noise,
             "constant + noise": (1 + noise).astype(np.float32)}[stream]
    out = run("ademamix", {"x": grads}, beta3=.9999, alpha_warmup=0, beta3_warmup=0, lr=1e-6)
    slow = np.zeros(N)
    for g in grads.astype(np.float64):
        slow += (1 - .9999) * (g - slow)
    ours = out["state/exp_avg_slow/x"][-1].astype(np.float64)
    error = np.linalg.norm(ours - slow) / np.linalg.norm(slow)
    print(f"{stream}: {error:.2e}")
    assert error < 2e-6
