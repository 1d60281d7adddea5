#!/usr/bin/env bash
# Installs what the build and the tests need, on Debian 12: packages, and a
# Python environment in .venv. What is there already is left alone, so a second
# run does nothing.
#
#   scripts/setup.sh             the build
#   scripts/setup.sh --tests     and the Python packages that tests compare with
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  cmake ninja-build ccache g++ git clang-22
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools
  clang-format-22 lld-22
  libgtest-dev libbenchmark-dev nlohmann-json3-dev libcli11-dev libeigen3-dev
  libzip-dev pkg-config libzstd-dev zlib1g-dev liblzma-dev
  python3 python3-dev python3-venv
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "setup: these packages are missing and need root: ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" apt-get install -q -y --no-install-recommends "${missing[@]}"
fi

if [ "${1:-}" = --tests ]; then
  stamp=.venv/requirements.installed
  if ! cmp -s scripts/requirements.txt "$stamp"; then
    echo "setup: Python packages into .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      -r scripts/requirements.txt
    cp scripts/requirements.txt "$stamp"
  fi
fi
