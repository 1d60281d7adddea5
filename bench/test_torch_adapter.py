"""What the adapter must notice between two steps. The runtime's functions are
replaced by ones that write down what they were given."""

import ctypes
import os
import pathlib
import sys

import pytest
import torch
from torch.nn import Parameter

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import torch_adapter  # noqa: E402
from torch_adapter import DONE, FAILED, NOT_AS_REGISTERED  # noqa: E402

BIND = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64,
                        ctypes.POINTER(ctypes.c_uint32), ctypes.POINTER(ctypes.c_void_p),
                        ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)
STEP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
# More than the stages of the walk have in hand at once.
COUNT = 150


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    directory = os.environ.get("OPTIMC_ADAPTER_DIR") or tmp_path_factory.mktemp("adapter")
    return torch_adapter.load(directory)


def address(function):
    return ctypes.cast(function, ctypes.c_void_p).value


class Steps:
    """An adapter of tensors 100, 101, ... and what it passed on."""

    def __init__(self, native, params):
        self.native, self.params = native, params
        self.bound, self.last, self.steps, self.status = {}, [], 0, 0
        self.callbacks = BIND(self._bind), STEP(self._step)
        self.adapter = native.make(1, *map(address, self.callbacks), 0,
                                   list(range(100, 100 + len(params))), params)

    def _bind(self, optimizer, n, tensors, params, grads, error):
        self.last = tensors[:n]
        if not self.status:
            self.bound.update(zip(tensors[:n], zip(params[:n], grads[:n])))
        return self.status

    def _step(self, optimizer, error):
        self.steps += 1
        return 0

    def __call__(self, params=None):
        self.last = []
        return self.native.step(self.adapter, self.params if params is None else params)

    def expected(self):
        return {100 + i: (p.data_ptr(), p.grad.data_ptr()) for i, p in enumerate(self.params)}


def with_gradient(param):
    param.grad = torch.randn_like(param)
    return param


@pytest.fixture(params=["parameters", "tensors", "bfloat16"])
def steps(request, native):
    if request.param == "tensors":
        params = [with_gradient(torch.randn(4, 6)) for _ in range(COUNT)]
    else:
        dtype = torch.bfloat16 if request.param == "bfloat16" else torch.float32
        params = [with_gradient(Parameter(torch.randn(4, 6, dtype=dtype))) for _ in range(COUNT)]
    made = Steps(native, params)
    assert made() == DONE
    assert made.bound == made.expected() and made.steps == 1
    return made


def test_binds_only_what_changed(steps):
    assert steps() == DONE
    assert steps.last == [] and steps.steps == 2


@pytest.mark.parametrize("i", [0, 77, COUNT - 1])
@pytest.mark.parametrize("change", ["data", "grad", "grad.data", "set_", "swap", "object"])
def test_replaced(steps, i, change):
    param = steps.params[i]
    other = with_gradient(torch.randn_like(param.data))
    before = steps.expected()[100 + i]
    if change == "data":
        param.data = other
    elif change == "grad":
        param.grad = other
    elif change == "grad.data":
        param.grad.data = other
    elif change == "set_":
        with torch.no_grad():
            param.set_(other)
    elif change == "swap":
        if isinstance(param, Parameter):
            other = with_gradient(Parameter(other))
        torch.utils.swap_tensors(param, other)
    else:
        steps.params[i] = other
    assert steps.expected()[100 + i] != before
    assert steps() == DONE
    assert steps.last == [100 + i] and steps.bound == steps.expected()


def test_new_gradients_at_each_step(steps):
    kept = []
    for _ in range(3):
        kept += [p.grad for p in steps.params]  # so that none is at an address of before
        for param in steps.params:
            with_gradient(param)
        assert steps() == DONE
        assert len(steps.last) == COUNT and steps.bound == steps.expected()


def test_views_at_an_offset(native):
    whole, grad = torch.randn(8, 6), torch.randn(8, 6)
    param = Parameter(whole[4:])
    param.grad = grad[4:]
    made = Steps(native, [param])
    assert made() == DONE
    assert made.bound == {100: (whole[4:].data_ptr(), grad[4:].data_ptr())}


# What no longer is the 4 x 6 tensor `t`.
WRONG = {
    "count": lambda t: t.new_zeros(4, 7),
    "shape": lambda t: t.reshape(6, 4).clone(),
    "rank": lambda t: t.reshape(24).clone(),
    "dtype": lambda t: t.to(torch.float16),
    "float64": lambda t: t.double(),
    "transposed": lambda t: t.t().contiguous().t(),
    "strided": lambda t: t.new_zeros(4, 12)[:, ::2],
    "expanded": lambda t: t[:1].clone().expand(4, 6),
    "negated": torch._neg_view,
}


@pytest.mark.parametrize("i", [0, 77, COUNT - 1])
@pytest.mark.parametrize("where", ["data", "grad"])
@pytest.mark.parametrize("what", WRONG)
def test_not_as_registered(steps, what, where, i):
    param = steps.params[i]
    right = param.data if where == "data" else param.grad.data
    wrong = WRONG[what](right.clone())
    bound = dict(steps.bound)
    if where == "data":
        param.data = wrong
    else:
        param.grad.data = wrong
    assert steps() == NOT_AS_REGISTERED
    assert steps.bound == bound and steps.steps == 1
    if where == "data":
        param.data = right
    else:
        param.grad.data = right
    assert steps() == DONE and steps.bound == bound


def free_memory(param):
    param.data.untyped_storage().resize_(0)


def free_memory_of_gradient(param):
    param.grad.data.untyped_storage().resize_(0)


def shrink_memory(param):
    param.data.untyped_storage().resize_(40)


def remove_gradient(param):
    param.grad = None


def set_sparse_gradient(param):
    param.grad = param.grad.to_sparse()


def share_until_written(param):
    param.keep = torch._lazy_clone(param.data)


@pytest.mark.parametrize("change", [free_memory, free_memory_of_gradient, shrink_memory,
                                    remove_gradient, set_sparse_gradient, share_until_written])
def test_not_usable(steps, change):
    change(steps.params[77])
    assert steps() == NOT_AS_REGISTERED
    assert steps.bound.keys() == set(range(100, 100 + COUNT)) and steps.steps == 1


def test_sharing_with_a_reader(steps):
    """Of a gradient that is only read: its clone needs no copy."""
    clone = torch._lazy_clone(steps.params[77].grad)
    assert steps() == DONE and steps.last == []
    assert clone.equal(steps.params[77].grad)


class Subclass(torch.Tensor):
    pass


@pytest.mark.parametrize("entry", [
    None, 1, torch.zeros(4, 6), torch.zeros(4, 6, device="meta"), torch.zeros(4, 6).to_sparse(),
    with_gradient(torch.randn(4, 6).as_subclass(Subclass))],
    ids=["None", "number", "no gradient", "meta", "sparse", "subclass"])
def test_other_entry(steps, entry):
    params = list(steps.params)
    params[77] = entry
    assert steps(params) == NOT_AS_REGISTERED and steps.steps == 1


def test_other_list(steps):
    for params in (steps.params[1:], steps.params + steps.params[:1], [], tuple(steps.params), 1):
        assert steps(params) == NOT_AS_REGISTERED
    assert steps.steps == 1
    assert steps(list(steps.params)) == DONE


def test_wrong_list_at_first(native):
    with pytest.raises(TypeError, match="not a tensor with a gradient"):
        Steps(native, [torch.zeros(3)])
    with pytest.raises(TypeError, match="not a tensor with a gradient"):
        Steps(native, [None])


def test_binding_fails(steps):
    """Then nothing is taken for bound."""
    bound = dict(steps.bound)
    with_gradient(steps.params[5])
    steps.status = 1
    assert steps() == FAILED and steps.steps == 1 and steps.bound == bound
    steps.status = 0
    assert steps() == DONE and steps.last == [105] and steps.bound == steps.expected()


def test_releases_the_interpreter(native):
    """Both functions return whether they hold its lock: 1 would be a failure."""
    held = address(ctypes.pythonapi.PyGILState_Check)
    params = [with_gradient(torch.randn(3))]
    assert native.step(native.make(1, held, held, 0, [0], params), params) == DONE


def test_nothing_leaks(steps):
    """Neither parameters nor gradients are kept from one step to the next."""
    references = [sys.getrefcount(p) for p in steps.params]
    uses = [p.grad._use_count() for p in steps.params]
    for _ in range(3):
        assert steps() == DONE
    assert references == [sys.getrefcount(p) for p in steps.params]
    assert uses == [p.grad._use_count() for p in steps.params]
