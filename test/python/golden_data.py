"""Tensors of rank 1 to 4 with odd sizes, their gradients, and how far two
trajectories are apart, in units of how far they moved."""

import numpy as np

STEPS = 60
# A vector, a matrix of more than one block and panel of the reductions, a batch
# of matrices, a convolution, and a vector and a matrix that start at zero.
SHAPES = {"bias": (37,), "matrix": (67, 129), "batch": (3, 5, 7), "filters": (5, 3, 3, 7),
          "zero_bias": (11,), "zero_matrix": (9, 5)}
TOLERANCE = 1e-9


def make_data(seed=0, steps=STEPS, shapes=None, low=-3, high=1):
    """Gradients {name: [steps, ...]} whose elements have scales of their own,
    10^low to 10^high, and parameters, as float32."""
    rng = np.random.default_rng(seed)
    grads, params = {}, {}
    for name, shape in (shapes or SHAPES).items():
        scale = 10.0 ** rng.uniform(low, high, size=shape)
        mean = rng.standard_normal(shape) * .3
        grads[name] = ((rng.standard_normal((steps, *shape)) + mean) * scale).astype(np.float32)
        params[name] = rng.standard_normal(shape).astype(np.float32)
        if name.startswith("zero"):
            params[name][...] = 0
    return grads, params


def check_close(ours, theirs, start, what, tolerance=TOLERANCE):
    """|ours - theirs| <= tolerance |theirs - start|, Euclidean; they must have
    moved."""
    ours = np.asarray(ours, dtype=np.float64).ravel()
    theirs = np.asarray(theirs, dtype=np.float64).ravel()
    assert ours.shape == theirs.shape, what
    moved = np.linalg.norm(theirs - np.asarray(start, dtype=np.float64).ravel())
    error = np.linalg.norm(ours - theirs)
    assert moved > 0, f"{what} did not move"
    assert error <= tolerance * moved, f"{what}: {error / moved:.3g} of the movement"


def check_all(ours, params, expected, states, tolerance=TOLERANCE, start=None):
    """Final parameters {name: array} and states {(name, state): array} against
    the streams of `run`. States start at zero unless `start` names a value."""
    for name in params:
        check_close(ours[f"param/{name}"][-1], expected[name], params[name], name, tolerance)
    for (name, state), value in states.items():
        begin = (start or {}).get((name, state), 0)
        check_close(ours[f"state/{state}/{name}"][-1], value, begin, f"{state} of {name}", tolerance)


def run_torch(make, grads, params, before_step=None):
    """The optimizer that `make(list of parameters)` gives, over all gradients in
    float64: it, and the parameters by name. `before_step` sees them with their
    gradients."""
    import torch
    tensors = {name: torch.nn.Parameter(torch.tensor(value, dtype=torch.float64)) for name, value in params.items()}
    optimizer = make(list(tensors.values()))
    if hasattr(optimizer, "train"):
        optimizer.train()
    for step in range(len(next(iter(grads.values())))):
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name][step], dtype=torch.float64)
        if before_step:
            before_step(list(tensors.values()))
        optimizer.step()
    return optimizer, tensors


def values_of(tensors):
    return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}


def states_of(optimizer, tensors, names):
    """{(tensor, our state): value} for {our state: theirs}, where a tensor has it."""
    return {(name, ours): optimizer.state[tensor][theirs].numpy().copy()
            for name, tensor in tensors.items() for ours, theirs in names.items()
            if theirs in optimizer.state[tensor]}


def run_optax(transform, grads, params):
    """Parameters by name and the final state, in float64."""
    import jax
    import optax
    jax.config.update("jax_enable_x64", True)
    values = {k: jax.numpy.asarray(v, dtype="float64") for k, v in params.items()}
    state = transform.init(values)
    update = jax.jit(transform.update)
    for step in range(len(next(iter(grads.values())))):
        updates, state = update({k: jax.numpy.asarray(g[step], dtype="float64") for k, g in grads.items()},
                                state, values)
        values = optax.apply_updates(values, updates)
    return {k: np.asarray(v) for k, v in values.items()}, state
