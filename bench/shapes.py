"""The shape lists of the benchmark, and the tensors of one."""

import dataclasses
import math

import torch


def gpt2_124m():
    """The 148 tensors of GPT-2 124M, tied embedding counted once."""
    width, layers = 768, 12
    shapes = [(50257, width), (1024, width)]
    for _ in range(layers):
        shapes += [(width,), (width,), (width, 3 * width), (3 * width,), (width, width), (width,)]
        shapes += [(width,), (width,), (width, 4 * width), (4 * width,), (4 * width, width), (width,)]
    return shapes + [(width,), (width,)]


LISTS = {
    "1x64Mi": ("one tensor of 64 Mi", [(8192, 8192)]),
    "gpt2": ("GPT-2 124M, 148 tensors", gpt2_124m()),
    "200x65536": ("200 x 65,536", [(256, 256)] * 200),
    "10x1Mi": ("10 x 1 Mi", [(1024, 1024)] * 10),
    "1000x1024": ("1000 x 1024", [(32, 32)] * 1000),
    "1x65536": ("one tensor of 65,536", [(256, 256)]),
    "148x64": ("148 x 64", [(64,)] * 148),
    "10000x64": ("10,000 x 64", [(64,)] * 10000),
}

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


@dataclasses.dataclass
class Problem:
    """One optimizer on one list: what every contender starts from. Gradients are
    the same for all and never change, parameters are each contender's own."""

    optimizer: str
    list_name: str
    dtype_name: str

    def __post_init__(self):
        self.title, self.shapes = LISTS[self.list_name]
        self.dtype = DTYPES[self.dtype_name]
        generator = torch.Generator().manual_seed(1)
        self.grads = [torch.randn(s, generator=generator).to(self.dtype) for s in self.shapes]
        self.start = [torch.randn(s, generator=generator).to(self.dtype) for s in self.shapes]
        self.elements = sum(math.prod(s) for s in self.shapes)

    def parameters(self):
        params = [torch.nn.Parameter(start.clone()) for start in self.start]
        for param, grad in zip(params, self.grads):
            param.grad = grad
        return params


# The same numbers for everyone. Schedules of AdEMAMix are on: beta3 and alpha
# change at every step.
HYPERS = {
    "adamw": dict(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.1),
    "ademamix": dict(lr=1e-3, beta1=0.9, beta2=0.999, beta3=0.9999, alpha=8.0, eps=1e-8,
                     weight_decay=0.1, alpha_warmup=100000, beta3_warmup=100000),
    "lion": dict(lr=1e-4, beta1=0.9, beta2=0.99, weight_decay=0.1),
    "lamb": dict(lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.1),
}
