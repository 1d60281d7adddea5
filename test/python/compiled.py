"""A compiled optimizer through the C API of the runtime: entries and outputs,
which `optimc run` does not have."""

import ctypes
import os

import numpy as np

from optimc_cli import BIN, optimc


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1024)]


class TensorDesc(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("rank", ctypes.c_uint32), ("name", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("param", ctypes.c_void_p), ("grad", ctypes.c_void_p),
                ("param_dtype", ctypes.c_uint32), ("grad_dtype", ctypes.c_uint32),
                ("shard_start", ctypes.c_int64), ("shard_count", ctypes.c_int64), ("block", ctypes.c_int64),
                ("buffers", ctypes.c_void_p), ("n_buffers", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


ABI, RATE_MODEL, RATE_TENSOR = 1 << 16, 1, 3


class Compiled:
    """One group of float32 tensors. `folder` takes the shared library, `flags` are
    the compiler's."""

    def __init__(self, spec, params, folder, flags=(), **hypers):
        self.runtime = ctypes.CDLL(os.path.join(BIN, "../lib/liboptimc_runtime.so"))
        path = os.path.join(folder, f"{spec}.so")
        optimc("compile", spec, "--emit=shared", *flags, "-o", path)
        self.program = ctypes.CDLL(path)
        program = getattr(self.program, f"optimc_program_{spec}")
        program.restype = ctypes.c_void_p
        self.handle = ctypes.c_void_p()
        self.call("create", ctypes.c_void_p(program(ABI)), None, ctypes.byref(self.handle))
        group = ctypes.c_uint32()
        self.call("add_group", self.handle, b"all", ctypes.byref(group))
        for name, value in hypers.items():
            self.call("set_hyper", self.handle, group, name.encode(), ctypes.c_double(value))
        self.params, self.grads, self.tensors = {}, {}, {}
        for name, value in params.items():
            self.params[name] = np.array(value, dtype=np.float32, order="C")
            self.grads[name] = np.zeros_like(self.params[name])
            shape = (ctypes.c_int64 * value.ndim)(*value.shape)
            desc = TensorDesc(size=ctypes.sizeof(TensorDesc), rank=value.ndim, name=name.encode(), shape=shape,
                              param=self.params[name].ctypes.data, grad=self.grads[name].ctypes.data,
                              shard_count=-1)
            tensor = ctypes.c_uint32()
            self.call("add_tensor", self.handle, group, ctypes.byref(desc), ctypes.byref(tensor))
            self.tensors[name] = tensor

    def close(self):
        self.runtime.optimc_destroy(self.handle)

    def call(self, function, *args):
        error = Error()
        status = getattr(self.runtime, f"optimc_{function}")(*args, ctypes.byref(error))
        assert status == 0, error.message.decode()

    def step(self, grads):
        for name, value in grads.items():
            self.grads[name][...] = value
        self.call("step", self.handle)

    def run_entry(self, entry):
        self.call("run_entry", self.handle, entry.encode())

    def output(self, name):
        value = ctypes.c_double()
        self.call("get_output", self.handle, name.encode(), RATE_MODEL, ctypes.c_uint32(0), ctypes.byref(value))
        return value.value

    def scalar(self, tensor, name):
        value = ctypes.c_double()
        self.call("get_scalar", self.handle, name.encode(), RATE_TENSOR, self.tensors[tensor], ctypes.byref(value))
        return value.value

    def state(self, tensor, name):
        """A state that has one value per element."""
        out = np.empty_like(self.params[tensor])
        self.call("read_state", self.handle, self.tensors[tensor], name.encode(),
                  out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(out.size))
        return out
