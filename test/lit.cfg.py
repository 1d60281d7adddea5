# The lit suite. `OPTIMC_CHECK_IR_ROUNDTRIP=1` makes every optim-opt of the
# suite also print and parse what it read, as text and as bytecode.

import os
import platform
import sys

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import FindTool, ToolSubst

config.name = "optimc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".test"]
# unit/ is GoogleTest; Inputs are read by tests.
config.excludes = ["unit", "Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.optimc_test_exec_root

llvm_config.use_default_substitutions()
# `not` and the tools are also found where no substitution applies.
llvm_config.with_environment(
    "PATH", [config.optimc_bin_dir, config.llvm_tools_dir], append_path=True
)
# Tests must not depend on what the machine happens to have.
for name in ["CUDA_ROOT", "CUDA_HOME", "CUDA_PATH"]:
    config.environment.pop(name, None)
config.environment["FILECHECK_OPTS"] = "-enable-var-scope"
for name in ["ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"]:
    if name in os.environ:
        config.environment[name] = os.environ[name]

optim_opt_args = []
if os.environ.get("OPTIMC_CHECK_IR_ROUNDTRIP", "0") not in ("", "0"):
    optim_opt_args.append("--verify-roundtrip")
    config.available_features.add("check-roundtrip")

tools = [
    ToolSubst("optim-opt", FindTool("optim-opt"), extra_args=optim_opt_args),
    ToolSubst("optimc", FindTool("optimc"), unresolved="ignore"),
    ToolSubst("optim-train", FindTool("optim-train"), unresolved="ignore"),
]
llvm_config.add_tool_substitutions(
    tools, [config.optimc_bin_dir, config.llvm_tools_dir]
)

config.substitutions.append(("%python", '"%s"' % sys.executable))
config.substitutions.append(("%optimc_src", config.optimc_src_root))

# What a test may REQUIRE.
machine = platform.machine().lower()
if machine in ("x86_64", "amd64"):
    config.available_features.add("x86")
    try:
        with open("/proc/cpuinfo") as info:
            flags = next((line for line in info if line.startswith("flags")), "")
    except OSError:
        flags = ""
    for feature, flag in [("avx2", " avx2 "), ("avx512", " avx512f ")]:
        if flag in flags + " ":
            config.available_features.add(feature)
if config.optimc_sanitize:
    config.available_features.add("sanitize")
if os.path.exists(os.path.join(config.optimc_bin_dir, "optimc")):
    config.available_features.add("optimc")
