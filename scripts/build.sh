#!/usr/bin/env bash
# Configures (once) and builds a preset: scripts/build.sh [release|dev|asan]
# [targets...].
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
if [ ! -f "build/$preset/build.ninja" ]; then
  cmake --preset "$preset"
fi
cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
