#!/bin/sh
# Compiles the kernels of this folder to PTX again. Needs nvcc (CUDA 13.0).
# Nothing in them needs more than PTX 7.0.
set -e
cd "$(dirname "$0")"
nvcc -std=c++17 -arch=sm_80 -fmad=false -I../../../include -ptx Kernels.cu \
  -o Kernels.ptx
sed -i 's/^\.version .*/.version 7.0/' Kernels.ptx
