"""AdEMAMix's schedulers, to the last digit."""

import math

from optimc_cli import scalars

STEPS = [1, 2, 10, 100, 500, 900, 999, 1000, 1001, 5000]
GOLDEN = {1: .949963743190, 10: .990900162403, 100: .999008912043, 500: .999800199625}


def warmed(**kwargs):
    return scalars("ademamix", STEPS, alpha=8, beta1=.9, beta3=.9999, alpha_warmup=1000, beta3_warmup=1000,
                   **kwargs)


def test_beta3_is_the_papers():
    beta3 = dict(zip(STEPS, warmed()["beta3_t"]))
    for step, value in GOLDEN.items():
        assert abs(beta3[step] - value) < 1e-12
    for step, value in beta3.items():
        if step < 1000:
            mu = step / 1000
            exact = math.exp(1 / ((1 - mu) / math.log(.9) + mu / math.log(.9999)))
            assert abs(value - exact) < 1e-12


def test_alpha_is_linear_from_alpha_over_T():
    alpha = dict(zip(STEPS, warmed()["alpha_t"]))
    assert alpha[1] == 8 / 1000
    for step, value in alpha.items():
        assert abs(value - min(step / 1000, 1) * 8) < 1e-12


def test_both_are_constant_from_T_on():
    values = warmed()
    for name, end in (("beta3_t", .9999), ("alpha_t", 8)):
        assert [v for s, v in zip(STEPS, values[name]) if s >= 1000] == [end] * 3


def test_without_warmup_the_end_is_used_at_once():
    values = scalars("ademamix", [1, 2], alpha=8, beta3=.9999, alpha_warmup=0, beta3_warmup=0)
    assert values["beta3_t"] == [.9999, .9999] and values["alpha_t"] == [8, 8]
