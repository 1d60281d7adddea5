"""The documents are true: generated ones are current, the tutorial runs."""

import os
import pathlib
import re
import subprocess
import sys

from optimc_cli import BIN, SOURCE

ROOT = pathlib.Path(SOURCE)


def test_generated_documents_are_current():
    done = subprocess.run([sys.executable, ROOT / "scripts/make-docs.py", "--check", "--bin", BIN],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def blocks(path):
    """(language, text) of every fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(), re.M | re.S)


def test_tutorial_runs(tmp_path):
    """In order: the first mlir block is duet.mlir, the c block main.c, and the
    sh blocks are run."""
    found = blocks(ROOT / "docs/Tutorial.md")
    texts = {language: text for language, text in reversed(found)}
    (tmp_path / "duet.mlir").write_text(texts["mlir"])
    (tmp_path / "main.c").write_text(texts["c"])
    environment = dict(os.environ, PATH=f"{pathlib.Path(BIN).resolve()}:{os.environ['PATH']}")
    output = ""
    for language, text in found:
        if language == "sh":
            done = subprocess.run(["bash", "-euc", text], cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, text + done.stdout + done.stderr
            output += done.stdout
    assert "equal:" in output
    # The C program has found the minimum of |p|^2.
    last = [float(word) for word in output.strip().split("\n")[-1].split()]
    assert len(last) == 3 and all(abs(x) < .5 for x in last)


def test_tutorial_error_is_what_the_tool_says(tmp_path):
    found = blocks(ROOT / "docs/Tutorial.md")
    spec = next(text for language, text in found if language == "mlir")
    message = next(text for language, text in found if "did you mean" in text).strip()
    (tmp_path / "duet.mlir").write_text(spec.replace("decay %beta_fast\n", "decay %beta_fats\n", 1))
    done = subprocess.run([pathlib.Path(BIN).resolve() / "optimc", "report", "duet.mlir"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
