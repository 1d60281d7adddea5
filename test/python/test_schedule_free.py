"""Schedule-free AdamW against the authors' package, in float64, its entries
included; and its compiled entries against the interpreted ones, bit for bit."""

import re

import numpy as np
import pytest

from compiled import Compiled
from golden_data import STEPS, check_all, check_close, make_data, run_torch, states_of, values_of
from optimc_cli import optimc, run, same_bits

CASES = {
    "defaults": dict(),
    "warm-up": dict(warmup_steps=20, weight_decay=.1),
    "polynomial": dict(warmup_steps=7, r=1.5, weight_lr_power=0),
    "steep": dict(beta1=.95, r=.5, weight_lr_power=3, warmup_steps=100),
}
DEFAULTS = dict(lr=.0025, beta1=.9, beta2=.999, eps=1e-8, weight_decay=0, warmup_steps=0, r=0, weight_lr_power=2)


def run_package(grads, params, options, reference=False):
    from schedulefree import AdamWScheduleFree, AdamWScheduleFreeReference
    options = dict(options)
    betas = options.pop("beta1"), options.pop("beta2")
    kind = AdamWScheduleFreeReference if reference else AdamWScheduleFree
    return run_torch(lambda p: kind(p, betas=betas, foreach=False, **options), grads, params)


def entry_as_step(name):
    """An optimizer whose step is an entry of the spec, word for word, with z in
    the place of the gradient: so that `optimc run` runs it."""
    text = optimc("show", "schedule_free_adamw").stdout
    body = re.search(r'entry "%s" (\{.*?^\})' % name, text, re.M | re.S).group(1)
    return f"optim.optimizer @{name}(%p, %z) hyper(%beta1 = 0.9 in (0, 1)) {body}\n"


def run_entry_as_step(name, folder, y, z, beta1, engine):
    path = folder / f"{name}.mlir"
    path.write_text(entry_as_step(name))
    out = run(path, {k: v[None] for k, v in z.items()}, y, engine=engine, beta1=beta1)
    return {k: out[f"param/{k}"][-1] for k in y}


@pytest.mark.parametrize("case", CASES)
def test_is_the_authors_package(case, tmp_path):
    options = dict(DEFAULTS, **CASES[case])
    grads, params = make_data(10)
    optimizer, tensors = run_package(grads, params, options)
    ours = run("schedule_free_adamw", grads, params, engine="interpreter-f64", **options)
    states = states_of(optimizer, tensors, {"z": "z", "exp_avg_sq": "exp_avg_sq"})
    group = optimizer.param_groups[0]
    for name in params:
        for scalar in ("lr_max", "weight_sum"):
            states[name, scalar] = group[scalar]
        assert ours[f"state/step/{name}"][-1] == group["k"] == STEPS
    trained = values_of(tensors)
    check_all(ours, params, trained, states, start={(name, "z"): params[name] for name in params})

    # The entries: eval() and train() of the package, from the same y and z.
    z = {name: states[name, "z"] for name in params}
    optimizer.eval()
    averages = values_of(tensors)
    x = run_entry_as_step("to_eval", tmp_path, trained, z, options["beta1"], "interpreter-f64")
    optimizer.train()
    for name in params:
        check_close(x[name], averages[name], params[name], f"x of {name}")
    y = run_entry_as_step("to_train", tmp_path, averages, z, options["beta1"], "interpreter-f64")
    for name, value in values_of(tensors).items():
        check_close(y[name], value, params[name], f"y of {name}")


def test_average_is_that_of_the_paper(tmp_path):
    """The package's reference stores x and averages it as the paper writes."""
    options = dict(DEFAULTS, lr=.01, weight_decay=.1, warmup_steps=9)
    grads, params = make_data(11)
    optimizer, tensors = run_package(grads, params, options, reference=True)
    ours = run("schedule_free_adamw", grads, params, engine="interpreter-f64", **options)
    y, z = ({k: ours[f"{stream}/{k}"][-1] for k in params} for stream in ("param", "state/z"))
    x = run_entry_as_step("to_eval", tmp_path, y, z, options["beta1"], "interpreter-f64")
    for name, tensor in tensors.items():
        check_close(x[name], optimizer.state[tensor]["x"].numpy(), params[name], name)


def test_lr_0_moves_nothing():
    """weight_sum stays 0, and so does the weight, as in the package."""
    grads, params = make_data(12, steps=3)
    for engine in ("interpreter", "compiled"):
        out = run("schedule_free_adamw", grads, params, engine=engine, lr=0)
        for name in params:
            assert np.array_equal(out[f"param/{name}"][-1], params[name])
            assert out[f"state/weight_sum/{name}"][-1] == 0


def test_compiled_entries_are_interpreted_ones(tmp_path):
    """Steps, to_eval, to_train and steps again by the compiled program; each part
    against the interpreter, bit for bit."""
    options = dict(DEFAULTS, beta1=.95, warmup_steps=5, weight_decay=.1)
    grads, params = make_data(13, steps=20)
    oracle = run("schedule_free_adamw", grads, params, engine="interpreter", **options)
    optimizer = Compiled("schedule_free_adamw", params, tmp_path, **options)
    for step in range(20):
        optimizer.step({k: g[step] for k, g in grads.items()})
        for name in params:
            assert same_bits(optimizer.params[name], oracle[f"param/{name}"][step + 1]), (step, name)
    y = {name: value.copy() for name, value in optimizer.params.items()}
    z = {name: optimizer.state(name, "z") for name in params}
    for name in params:
        assert same_bits(z[name], oracle[f"state/z/{name}"][-1])

    optimizer.run_entry("to_eval")
    x = run_entry_as_step("to_eval", tmp_path, y, z, options["beta1"], "interpreter")
    for name in params:
        assert same_bits(optimizer.params[name], x[name]), name
        assert not np.array_equal(x[name], y[name]), name
        assert same_bits(optimizer.state(name, "z"), z[name])
        # No clock is moved.
        assert optimizer.scalar(name, "step") == 20
        for scalar in ("lr_max", "weight_sum"):
            assert optimizer.scalar(name, scalar) == oracle[f"state/{scalar}/{name}"][-1]

    optimizer.run_entry("to_train")
    back = run_entry_as_step("to_train", tmp_path, x, z, options["beta1"], "interpreter")
    for name in params:
        assert same_bits(optimizer.params[name], back[name]), name
        # A round trip is y again, but for rounding.
        assert np.abs(back[name] - y[name]).max() <= 8 * np.spacing(np.abs(y[name]).max() + np.abs(z[name]).max())
    optimizer.close()
