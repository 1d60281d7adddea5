#!/usr/bin/env bash
# The main job: sets up whatever is missing, builds, compiles AdEMAMix and shows
# what it became, trains a small GPT on real text with it against AdamW, prints
# the comparison and writes the report.
#
#   scripts/run.sh [optim-train options...]
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
bash scripts/build.sh release optimc optim-train
bin=build/release/bin
out=build/run
mkdir -p "$out"

echo
echo "== AdEMAMix, as compiled"
"$bin/optimc" compile ademamix --emit=object -o "$out/ademamix.o"
"$bin/optimc" compile ademamix --emit=header -o "$out/ademamix.h"
"$bin/optimc" report ademamix
echo "wrote $out/ademamix.o and $out/ademamix.h"

echo
echo "== AdamW against AdEMAMix on the King James text"
"$bin/optim-train" --report "$out/report.html" --log "$out/train.jsonl" "$@"
echo "wrote $out/report.html"
