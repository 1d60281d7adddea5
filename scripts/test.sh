#!/usr/bin/env bash
# Sets up whatever is missing, builds, and runs every test: lit, GoogleTest and
# pytest, through ctest, whose summary comes last.
#
#   scripts/test.sh [preset] [ctest options...]     preset: release, dev, asan
set -euo pipefail
cd "$(dirname "$0")/.."
preset=release
case "${1:-}" in release | dev | asan)
  preset=$1
  shift
  ;;
esac
bash scripts/setup.sh --tests
bash scripts/build.sh "$preset"
# LLVM and MLIR come without instrumentation: what their templates poison in our
# code, their own does not know of.
if [ "$preset" = asan ]; then
  export ASAN_OPTIONS=${ASAN_OPTIONS:-allow_user_poisoning=0:detect_container_overflow=0}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
fi
exec ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)" "$@"
