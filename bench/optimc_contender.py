"""Our side: compiled optimizers on torch tensors through the C API, zero-copy."""

import array
import ctypes
import json
import operator
import pathlib
import subprocess

import torch

import torch_adapter
from measure import Contender
from shapes import HYPERS

_u32, _u64, _i64, _p, _s = (ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int64, ctypes.c_void_p,
                            ctypes.c_char_p)


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1024)]


class Options(ctypes.Structure):
    _fields_ = [("size", _u32), ("n_threads", _u32), ("threads", _u32), ("device", _u32),
                ("seed", _u64), ("isa_mask", _u64), ("parallel_for", _p), ("parallel_context", _p)]


class TensorDesc(ctypes.Structure):
    _fields_ = [("size", _u32), ("rank", _u32), ("name", _s), ("shape", ctypes.POINTER(_i64)),
                ("param", _p), ("grad", _p), ("param_dtype", _u32), ("grad_dtype", _u32),
                ("shard_start", _i64), ("shard_count", _i64), ("block", _i64), ("buffers", _p),
                ("n_buffers", _u32), ("reserved", _u32)]


_DTYPES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2}
ISA_MASKS = {"x86-64-v4": ~0 & (2**64 - 1), "x86-64-v3": 1, "baseline": 0}


class OptimcError(Exception):
    pass


class Toolchain:
    """The `optimc` tool and the runtime library of a build directory."""

    def __init__(self, build, work):
        self.build, self.work = pathlib.Path(build), pathlib.Path(work)
        self.tool = self.build / "bin" / "optimc"
        library = self.build / "lib" / "liboptimc_runtime.so"
        for path in (self.tool, library):
            if not path.exists():
                raise OptimcError(f"'{path}' does not exist: build optimc first (scripts/build.sh "
                                  "release), or give the build directory with --build")
        self.runtime = ctypes.CDLL(str(library))
        self.programs = {}
        self.adapter = None

    def load_adapter(self, log):
        """Compiled at first use; without a compiler `optimc` gathers in Python."""
        try:
            self.adapter = torch_adapter.load(self.build / "bench" / "torch_adapter")
        except torch_adapter.NotBuilt as reason:
            log(f"pointers are gathered in Python: {reason}")

    def run(self, *args):
        result = subprocess.run([str(self.tool), *args], capture_output=True, text=True)
        if result.returncode:
            raise OptimcError(f"'optimc {' '.join(args)}' failed:\n{result.stderr.strip()}")
        return result.stdout

    def compile(self, spec, store="", gpu=""):
        """The program of a spec, loaded, as `const optimc_program *`."""
        if (spec, store) not in self.programs:
            path = self.work / f"{spec}-{len(self.programs)}.so"
            self.run("compile", spec, "--emit=shared", "-o", str(path),
                      *(["--store", store] if store else []), *([f"--gpu={gpu}"] if gpu else []))
            self.load(spec, store, path)
        return self.programs[spec, store][1]

    def load(self, spec, store, path):
        library = ctypes.CDLL(str(path))
        get = getattr(library, f"optimc_program_{spec}")
        get.restype, get.argtypes = _p, [_u32]
        self.programs[spec, store] = library, get(self.runtime.optimc_runtime_abi())

    def report(self, spec, store="", bandwidth=None):
        """`bandwidth`: a file that `probe` wrote."""
        args = ["report", spec, "--json"] + (["--store", store] if store else [])
        if bandwidth:
            args += ["--bandwidth", str(bandwidth)]
        return json.loads(self.run(*args))

    def probe(self, threads):
        """The file with what this machine's memory can do now."""
        path = self.work / "probe.json"
        self.run("probe", "--json", "--threads", str(threads), "--rounds", "5", "-o", str(path))
        return path

    def specs(self):
        return {entry["name"] for entry in json.loads(self.run("list", "--json"))}


class CompiledOptimizer:
    """One optimizer over a problem's tensors."""

    def __init__(self, toolchain, problem, store, threads, isa):
        self.runtime, self.error = toolchain.runtime, Error()
        self.params = problem.parameters()
        options = Options(ctypes.sizeof(Options), threads, 0, 0, 0, ISA_MASKS[isa], None, None)
        self.handle = _p()
        program = toolchain.compile(problem.optimizer, store)
        self._call("optimc_create", _p(program), ctypes.byref(options), ctypes.byref(self.handle))
        group = _u32()
        self._call("optimc_add_group", self.handle, b"all", ctypes.byref(group))
        for name, value in HYPERS[problem.optimizer].items():
            self._call("optimc_set_hyper", self.handle, group, name.encode(),
                       ctypes.c_double(value))
        self.tensors = array.array("I")
        for i, param in enumerate(self.params):
            shape = (_i64 * param.dim())(*param.shape)
            dtype = _DTYPES[param.dtype]
            desc = TensorDesc(ctypes.sizeof(TensorDesc), param.dim(), b"w%d" % i, shape,
                               param.data_ptr(), param.grad.data_ptr(), dtype, dtype, 0, -1)
            tensor = _u32()
            self._call("optimc_add_tensor", self.handle, group, ctypes.byref(desc),
                       ctypes.byref(tensor))
            self.tensors.append(tensor.value)
        # What a step needs, converted once.
        self.step_native = self.runtime.optimc_step
        self.bind = self.runtime.optimc_bind
        self.error_address, self.count = ctypes.byref(self.error), _u64(len(self.params))
        self.tensor_address = _p(self.tensors.buffer_info()[0])

    def attach(self, adapter):
        """Makes step() gather in C++."""

        def address(function):
            return ctypes.cast(function, _p).value

        self.adapter_step = adapter.step
        self.adapter = adapter.make(
            self.handle.value, address(self.bind), address(self.step_native),
            ctypes.addressof(self.error), list(self.tensors), self.params)

    def _call(self, function, *args):
        if getattr(self.runtime, function)(*args, ctypes.byref(self.error)):
            raise OptimcError(f"{function}: {self.error.message.decode()}")

    # Pointers are read again at every step, as a framework must: gradients
    # usually are new tensors.

    def step(self):
        """Gathered in C++, as an adapter does."""
        outcome = self.adapter_step(self.adapter, self.params)
        if outcome == torch_adapter.NOT_AS_REGISTERED:
            raise OptimcError("a parameter or gradient is not as it was registered")
        if outcome == torch_adapter.FAILED:
            raise OptimcError(self.error.message.decode())

    def step_from_python(self):
        data_ptr = torch.Tensor.data_ptr
        params = array.array("Q", list(map(data_ptr, self.params)))
        grads = array.array("Q", list(map(data_ptr, map(operator.attrgetter("grad"), self.params))))
        if self.bind(self.handle, self.count, self.tensor_address,
                     _p(params.buffer_info()[0]), _p(grads.buffer_info()[0]),
                     self.error_address):
            raise OptimcError(self.error.message.decode())
        self.step_only()

    def step_only(self):
        if self.step_native(self.handle, self.error_address):
            raise OptimcError(self.error.message.decode())

    def __del__(self):
        if getattr(self, "handle", None):
            self.runtime.optimc_destroy(self.handle)


def get_store(dtype, states=""):
    """The --store option for these formats; float32 needs none."""
    parts = [] if dtype == "f32" else [f"{name}={dtype}" for name in ("param", "grad")]
    return ",".join(parts + ([f"states={states}"] if states else []))


def contenders(toolchain, problem, threads, isa, states):
    """With pointers gathered in C++, in Python, and not at all; then with other
    formats of states."""

    def make(name, step, format_of_states=""):
        optimizer = CompiledOptimizer(
            toolchain, problem, get_store(problem.dtype_name, format_of_states), threads, isa)
        if toolchain.adapter:
            optimizer.attach(toolchain.adapter)
        values = (lambda: None) if format_of_states else (lambda: optimizer.params)
        return Contender(name, step.__get__(optimizer), values, optimizer, ours=True)

    cls = CompiledOptimizer
    gathering = cls.step if toolchain.adapter else cls.step_from_python
    made = [make("optimc", gathering), make("optimc-native", cls.step_only)]
    if toolchain.adapter:
        made.append(make("optimc-python", cls.step_from_python))
    return made + [make(f"optimc-{name}", gathering, name) for name in states]
