"""Whom peers.py accuses of computing another update."""

import pathlib
import sys
import types

import pytest
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import measure  # noqa: E402
import peer_optimizers  # noqa: E402
import peers  # noqa: E402

LR = 1e-4


def problem():
    grads = [torch.tensor([0.5, -2.0, 0.0, 1.0]), torch.tensor([[0.0, 3.0]])]
    return types.SimpleNamespace(grads=grads, start=[torch.full_like(g, 0.25) for g in grads],
                                 dtype=torch.float32)


def contender(name, problem, update, ours=False):
    params = [start.clone() for start in problem.start]

    def step():
        for param, grad in zip(params, problem.grads):
            param -= LR * update(grad)

    return measure.Contender(name, step, lambda: params, ours=ours)


def accused(optimizer, name, update):
    """Whether the peer is told to differ from sign descent."""
    instance = problem()
    differences = measure.check_agreement(
        [contender("optimc", instance, torch.sign, ours=True),
         contender(name, instance, update)], instance, peer_optimizers.exceptions(optimizer))
    wrong = peers.find_disagreements({"optimizer": optimizer, "list": "two", "contenders": [
        {"name": name, "difference": differences[name]}]})
    return bool(wrong)


def copied_sign(gradient):
    return torch.copysign(torch.ones_like(gradient), gradient)


def test_agrees():
    assert not accused("lion", "torch", torch.sign)


def test_known_elements():
    """DeepSpeed's Lion only, and only where the gradient is 0."""
    assert not accused("lion", "deepspeed", copied_sign)
    assert accused("lion", "optax", copied_sign)
    assert accused("adamw", "deepspeed", copied_sign)


@pytest.mark.parametrize("i", [0, 1, 3])
def test_other_elements_of_it(i):
    def update(gradient):
        moves = copied_sign(gradient)
        if len(gradient) > 1:
            moves[i] *= 1.01
        return moves

    assert accused("lion", "deepspeed", update)


def test_known_rules():
    assert not accused("lamb", "bnb", copied_sign)
    assert accused("lamb", "optax", copied_sign)


def test_not_a_number():
    def update(gradient):
        return torch.where(gradient == 1, float("nan"), torch.sign(gradient))

    assert accused("lion", "deepspeed", update)
