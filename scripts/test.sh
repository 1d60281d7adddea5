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
exec ctest --test-dir "build/$preset" --output-on-failure --parallel "$(nproc)" "$@"
