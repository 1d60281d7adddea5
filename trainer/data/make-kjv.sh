#!/bin/sh
# Writes kjv.txt and kjv.txt.xz into the current folder from the Debian packages
# bible-kjv (the reader, only run here) and bible-kjv-text (the text).
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
# `bible -f` prints one verse per line, preceded by its reference ("Ge1:1 ").
bible -f 'Gen1:1-Rev22:21' </dev/null | LC_ALL=C sed -E 's/^[^ ]+ //' >kjv.txt
sha256sum -c "$here/kjv.txt.sha256"
xz --check=sha256 -9e -k -f kjv.txt
