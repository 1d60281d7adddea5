#!/usr/bin/env bash
# Compiles every kernel of this folder to PTX again. Needs nvcc (CUDA 13.0);
# the tests do not, they use the committed PTX. Options come from the line
# "// nvcc:" of each source.
#
#   ptxsim/corpus/regenerate.sh [name...]
set -euo pipefail
cd "$(dirname "$0")"
command -v nvcc >/dev/null || {
  echo "regenerate.sh: nvcc is not on PATH" >&2
  exit 1
}
if [ $# -eq 0 ]; then
  set -- *.cu
fi
for source in "$@"; do
  source=${source%.cu}.cu
  options=$(sed -n 's|^// nvcc: ||p' "$source")
  [ -n "$options" ] || {
    echo "regenerate.sh: $source has no line '// nvcc: OPTIONS'" >&2
    exit 1
  }
  # shellcheck disable=SC2086
  nvcc -ptx $options "$source" -o "${source%.cu}.ptx"
  # Line information names absolute paths.
  sed -i -E 's|^([[:space:]]*\.file[[:space:]]+[0-9]+ ").*/([^/"]+)"[^"]*$|\1\2"|' \
    "${source%.cu}.ptx"
done
