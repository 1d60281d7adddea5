"""The peers. Each factory returns a Contender, or raises NotAvailable with the
reason: not installed, or no such optimizer there."""

import importlib
import os
import sys

import torch

from measure import Contender
from shapes import HYPERS


class NotAvailable(Exception):
    pass


def _import(module):
    try:
        return importlib.import_module(module)
    except Exception as error:  # an installed package may fail in many ways
        raise NotAvailable(f"cannot import {module}: {error}".split("\n")[0]) from error


def _from_class(name, problem, make):
    params = problem.parameters()
    optimizer = make(params)
    return Contender(name, optimizer.step, lambda: params, optimizer)


def _betas(hypers):
    return hypers["beta1"], hypers["beta2"]


# torch ---------------------------------------------------------------------


def _torch_adamw(problem, params, **options):
    if problem.optimizer != "adamw":
        raise NotAvailable(f"torch has no {problem.optimizer}")
    h = HYPERS["adamw"]
    options.setdefault("lr", h["lr"])
    return torch.optim.AdamW(params, betas=_betas(h), eps=h["eps"],
                             weight_decay=h["weight_decay"], **options)


def torch_loop(problem, limits):
    return _from_class("torch-loop", problem,
                       lambda params: _torch_adamw(problem, params, foreach=False))


def torch_foreach(problem, limits):
    return _from_class("torch-foreach", problem,
                       lambda params: _torch_adamw(problem, params, foreach=True))


def torch_fused(problem, limits):
    return _from_class("torch-fused", problem,
                       lambda params: _torch_adamw(problem, params, fused=True))


def torch_compile(problem, limits):
    """With lr as a tensor: as a number it would be compiled into the code."""
    if len(problem.shapes) > limits.compile_tensors:
        raise NotAvailable(f"compiling {len(problem.shapes)} tensors takes minutes; allowed are "
                           f"{limits.compile_tensors} (--compile-tensors)")
    params = problem.parameters()
    optimizer = _torch_adamw(problem, params, foreach=True, capturable=True,
                             lr=torch.tensor(HYPERS["adamw"]["lr"]))
    torch._dynamo.reset()
    step = torch.compile(lambda: optimizer.step(), fullgraph=False)
    return Contender("torch-compile", step, lambda: params, optimizer)


# optax ---------------------------------------------------------------------


def _optax_transformation(optimizer):
    optax, jnp = _import("optax"), _import("jax.numpy")
    h = HYPERS[optimizer]
    common = dict(b1=h["beta1"], b2=h["beta2"], weight_decay=h["weight_decay"])
    if optimizer == "adamw":
        return optax.adamw(h["lr"], eps=h["eps"], **common)
    if optimizer == "lion":
        return optax.lion(h["lr"], **common)
    if optimizer == "lamb":
        return optax.lamb(h["lr"], eps=h["eps"], **common)

    def progress(count, warmup):
        return jnp.minimum((count + 1) / warmup, 1.0)  # its counts start from 0

    def half_life(beta):
        return jnp.log(0.5) / jnp.log(beta) - 1

    def beta3(count):
        x = progress(count, h["beta3_warmup"])
        life = (1 - x) * half_life(h["beta1"]) + x * half_life(h["beta3"])
        return jnp.exp(jnp.log(0.5) / (life + 1))

    return optax.contrib.ademamix(
        h["lr"], b3=beta3, alpha=lambda count: h["alpha"] * progress(count, h["alpha_warmup"]),
        eps=h["eps"], **common)


def optax_jit(problem, limits):
    jax, optax = _import("jax"), _import("optax")
    transformation = _optax_transformation(problem.optimizer)

    def to_jax(tensor):
        return jax.numpy.array(jax.dlpack.from_dlpack(tensor), copy=True)

    params = [to_jax(t) for t in problem.start]
    grads = [to_jax(t) for t in problem.grads]
    state = transformation.init(params)

    def update(params, state, grads):
        updates, state = transformation.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    compiled = jax.jit(update, donate_argnums=(0, 1))
    held = {"params": params, "state": state}

    def step():
        held["params"], held["state"] = compiled(held["params"], held["state"], grads)
        jax.block_until_ready(held["params"])

    return Contender("optax", step,
                     lambda: [torch.from_dlpack(jax.numpy.array(p, copy=True))
                              for p in held["params"]], held)


# Libraries on torch ----------------------------------------------------------


def deepspeed(problem, limits):
    # Its kernels are built at first use, by the ninja of this environment.
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    directory = os.path.dirname(sys.executable)
    if directory not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = directory + os.pathsep + os.environ["PATH"]
    h = HYPERS[problem.optimizer]
    try:
        if problem.optimizer == "adamw":
            cls = _import("deepspeed.ops.adam").DeepSpeedCPUAdam
            return _from_class("deepspeed", problem, lambda params: cls(
                params, lr=h["lr"], betas=_betas(h), eps=h["eps"],
                weight_decay=h["weight_decay"], adamw_mode=True))
        if problem.optimizer == "lion":
            cls = _import("deepspeed.ops.lion").DeepSpeedCPULion
            return _from_class("deepspeed", problem, lambda params: cls(
                params, lr=h["lr"], betas=_betas(h), weight_decay=h["weight_decay"]))
    except NotAvailable:
        raise
    except Exception as error:  # its build can fail in many ways
        raise NotAvailable(f"DeepSpeed's kernel: {error}".split("\n")[0]) from error
    raise NotAvailable(f"DeepSpeed has no CPU {problem.optimizer}")


def _bitsandbytes(name, suffix, problem):
    optim = _import("bitsandbytes").optim
    h = HYPERS[problem.optimizer]
    options = dict(lr=h["lr"], weight_decay=h["weight_decay"])
    if problem.optimizer == "ademamix":
        cls = "AdEMAMix"
        options.update(betas=(*_betas(h), h["beta3"]), alpha=h["alpha"], eps=h["eps"],
                       t_alpha=h["alpha_warmup"], t_beta3=h["beta3_warmup"])
    else:
        cls = {"adamw": "AdamW", "lion": "Lion", "lamb": "LAMB"}[problem.optimizer]
        options.update(betas=_betas(h))
        if problem.optimizer != "lion":
            options.update(eps=h["eps"])
    try:
        return _from_class(name, problem,
                           lambda params: getattr(optim, cls + suffix)(params, **options))
    except (AttributeError, ValueError, NotImplementedError) as error:
        raise NotAvailable(f"bitsandbytes {cls}{suffix}: {error}".split("\n")[0]) from error


def bnb(problem, limits):
    return _bitsandbytes("bnb", "", problem)


def bnb8(problem, limits):
    return _bitsandbytes("bnb8", "8bit", problem)


def pytorch_optimizer(problem, limits):
    if problem.optimizer == "adamw":
        raise NotAvailable("its AdamW is torch's")
    library = _import("pytorch_optimizer")
    h = HYPERS[problem.optimizer]
    options = dict(lr=h["lr"], weight_decay=h["weight_decay"], weight_decouple=True)
    if problem.optimizer == "ademamix":
        # One warm-up for both schedules.
        cls, options = library.AdEMAMix, dict(
            options, betas=(*_betas(h), h["beta3"]), alpha=h["alpha"],
            t_alpha_beta3=h["alpha_warmup"], eps=h["eps"])
    elif problem.optimizer == "lion":
        cls, options = library.Lion, dict(options, betas=_betas(h))
    else:
        cls, options = library.Lamb, dict(options, betas=_betas(h), eps=h["eps"],
                                          max_grad_norm=0.0)
    return _from_class("pytorch_optimizer", problem, lambda params: cls(params, **options))


PEERS = {
    "torch-loop": torch_loop,
    "torch-foreach": torch_foreach,
    "torch-fused": torch_fused,
    "torch-compile": torch_compile,
    "optax": optax_jit,
    "deepspeed": deepspeed,
    "bnb": bnb,
    "bnb8": bnb8,
    "pytorch_optimizer": pytorch_optimizer,
}

# The largest difference to our parameters after 3 steps, relative to the largest
# movement and beyond rounding, that still is the same rule.
TOLERANCE = 1e-3
DIFFERENT_RULES = {
    ("lamb", "pytorch_optimizer"): "no bias correction; the parameter's norm is bounded by 10",
    ("lamb", "bnb"): "bounds the update's norm by the parameter's, has no trust ratio",
    ("lamb", "bnb8"): "bounds the update's norm by the parameter's, has no trust ratio",
}
# The same rule but for some elements, named by their gradient; of all others it
# is checked. DeepSpeed 0.19.8 (csrc/includes/cpu_lion.h, csrc/lion/cpu_lion_impl.cpp)
# puts the sign bit of the interpolated momentum onto lr, in vectors and in the
# rest: a zero counts as +1 (or -0 as -1), where sign(0) is 0 by the paper, its code
# and everyone else. Against float64, the elements whose gradient is 0 are all that
# differ.
DIFFERENT_ELEMENTS = {
    ("lion", "deepspeed"): ("moves by lr where the gradient has always been 0: copysign for sign",
                            lambda gradient: gradient == 0),
}


def exceptions(optimizer):
    """By the peer's name: which elements follow another rule, given the gradient."""
    return {name: where for (rule, name), (_, where) in DIFFERENT_ELEMENTS.items()
            if rule == optimizer}


def known_difference(optimizer, name):
    """The reason for which the peer's parameters may differ, or None."""
    elements = DIFFERENT_ELEMENTS.get((optimizer, name), (None,))
    return DIFFERENT_RULES.get((optimizer, name), elements[0])
