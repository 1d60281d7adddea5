"""TorchAdapter.cpp, compiled for the torch and the Python in use."""

import hashlib
import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sysconfig

import torch

HERE = pathlib.Path(__file__).resolve().parent
NAME = "optim_torch_adapter"
# The values of step().
DONE, NOT_AS_REGISTERED, FAILED = range(3)


class NotBuilt(Exception):
    """With the reason."""


def _command(output):
    compiler = os.environ.get("CXX", "c++")
    if not shutil.which(compiler.split()[0]):
        raise NotBuilt(f"no C++ compiler '{compiler}'; set CXX")
    command = [*compiler.split(), "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden",
               str(HERE / "TorchAdapter.cpp"), "-o", str(output), f"-I{HERE.parent / 'include'}"]
    # As torch.utils.cpp_extension has them, which needs setuptools.
    package = pathlib.Path(torch.__file__).parent
    for path in (package / "include", package / "include/torch/csrc/api/include",
                 sysconfig.get_path("include")):
        command += ["-isystem", str(path)]
    return command + [f"-L{package / 'lib'}", "-lc10", "-ltorch_cpu", "-ltorch_python"]


def _digest():
    """Of all that a compiled adapter depends on."""
    parts = [torch.__version__, torch.__file__, sysconfig.get_config_var("EXT_SUFFIX"),
             os.environ.get("CXX", ""), (HERE / "TorchAdapter.cpp").read_text(),
             (HERE.parent / "include" / "optimc-c" / "Runtime.h").read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def load(directory):
    """The module, from `directory` if it has been compiled into it before."""
    directory = pathlib.Path(directory)
    path = directory / f"{NAME}-{_digest()}.so"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # Others may be compiling it, too, or die on the way: no locks, one rename.
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            result = subprocess.run(_command(unfinished), capture_output=True, text=True)
            if result.returncode:
                errors = [line for line in result.stderr.splitlines() if "error" in line]
                raise NotBuilt((errors or ["the compiler failed"])[0])
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    loader = importlib.machinery.ExtensionFileLoader(NAME, str(path))
    try:
        module = importlib.util.module_from_spec(
            importlib.util.spec_from_loader(NAME, loader, origin=str(path)))
        loader.exec_module(module)
    except ImportError as error:
        raise NotBuilt(str(error)) from error
    return module
