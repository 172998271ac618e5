#!/usr/bin/env bash
# The same question on another Python gives the same bytes: compares traces of .venv with those of a second interpreter, where one is there.
set -euo pipefail
cd "$(dirname "$0")/.."

ours=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
other=""
for minor in 14 13 12 11; do
  [ "3.$minor" = "$ours" ] && continue
  for candidate in "$(command -v "python3.$minor" || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python3; do
    if [ -x "$candidate" ] && "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then other=$candidate && break 2; fi
  done
done
if [ -z "$other" ]; then
  echo "no second Python (3.11 or newer) is here: nothing to compare with"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$other" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt . 2>/dev/null
compared=0
for mode in vxlan host-gw; do
  for to in icmp://10.2.1.37 icmp://10.2.2.50 tcp://10.2.2.50:80 udp://10.2.2.50:5353 icmp://10.2.1.99; do
    for venv in .venv "$work/venv"; do
      "$venv/bin/podwalk" trace -f "tests/oracle/cluster-$mode.yaml" --from pod/default/client-a --to "$to" --format json \
        > "$work/$(basename "$(dirname "$venv/x")").json" 2>/dev/null || [ $? -eq 1 ]
    done
    cmp "$work/.venv.json" "$work/venv.json"
    compared=$((compared + 1))
  done
done
echo "Python $ours and $("$work/venv/bin/python" -V | cut -d' ' -f2): $compared traces, byte-identical"
