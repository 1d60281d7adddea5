"""Interleaved measurement: medians and quartiles of samples taken in turns."""

import dataclasses
import gc
import os
import statistics
import time

import torch


@dataclasses.dataclass
class Contender:
    """`step` takes one optimizer step; `values` returns the parameters as torch
    tensors, or None for a yardstick that updates nothing."""

    name: str
    step: callable
    values: callable = lambda: None
    keep: object = None  # what must live as long as the contender
    ours: bool = False
    inner: int = 1
    seconds: list = dataclasses.field(default_factory=list)

    def quartiles(self):
        if len(self.seconds) == 1:
            return self.seconds * 3
        return statistics.quantiles(self.seconds, n=4, method="inclusive")

    @property
    def median(self):
        return statistics.median(self.seconds)


class Load:
    """How much of the processors other processes, and other virtual machines of
    the same host, used while this object lived."""

    def __init__(self):
        self.before = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat") as stat:
            fields = [int(x) for x in stat.readline().split()[1:9]]
        ticks = os.sysconf("SC_CLK_TCK")
        busy = (sum(fields) - fields[3] - fields[4]) / ticks  # "steal" among them
        own = os.times()
        return time.monotonic(), busy, own.user + own.system

    def others(self):
        """Processors in use by others, on average."""
        now, busy, own = self._read()
        elapsed = now - self.before[0]
        return max(0.0, (busy - self.before[1]) - (own - self.before[2])) / max(elapsed, 1e-9)


def sample(contender):
    if contender.inner > 1:
        contender.step()  # the caches are its own again
    start = time.perf_counter()
    for _ in range(contender.inner):
        contender.step()
    return (time.perf_counter() - start) / contender.inner


def measure(contenders, rounds, seconds, sample_seconds=4e-3):
    """3 rounds of all, then up to `rounds` in all or for `seconds` without those
    that take longer than 8 times the fastest."""
    for contender in contenders:
        contender.inner = 1
        contender.inner = max(1, min(2000, int(sample_seconds / max(sample(contender), 1e-7))))
    gc.collect()
    gc.disable()
    try:
        deadline = None
        for round_number in range(rounds):
            # Another order each round, so that no one always follows the same.
            turn = round_number % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                contender.seconds.append(sample(contender))
            if round_number == 2:
                fastest = min(c.median for c in contenders)
                contenders = [c for c in contenders if c.median <= 8 * fastest]
                deadline = time.monotonic() + seconds
            if deadline and time.monotonic() > deadline:
                break
    finally:
        gc.enable()


def _distance(a, b, ignored=None):
    distances = (a.detach().float() - b.detach().float()).abs_()
    return float((distances if ignored is None else distances.masked_fill_(ignored, 0)).max())


def check_agreement(contenders, problem, exceptions, steps=3):
    """Steps everyone from the same start and returns, by name, the largest
    difference to our parameters, relative to our largest movement, beyond what
    rounding the parameters explains: peers round them twice at every step.
    `exceptions` has, by name, which elements not to look at, by their gradient."""
    for contender in contenders:
        for _ in range(steps):
            contender.step()
    reference = next(c for c in contenders if c.ours).values()
    movement = max(_distance(r, s) for r, s in zip(reference, problem.start))
    largest = max(float(s.float().abs().max()) for s in problem.start)
    rounding = 2 * steps * torch.finfo(problem.dtype).eps / 2 * largest
    differences = {}
    for contender in contenders:
        values = contender.values()
        if values is not None:
            excepted = exceptions.get(contender.name, lambda gradient: None)
            distances = [_distance(v, r, excepted(g))
                         for v, r, g in zip(values, reference, problem.grads)]
            # max() would lose a NaN.
            distance = float(torch.tensor(distances, dtype=torch.float64).max())
            differences[contender.name] = (
                0.0 if distance <= rounding else (distance - rounding) / movement)
    return differences
