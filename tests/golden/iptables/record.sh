#!/bin/bash
# Records what the real iptables answers to each command of commands.txt, and how it changes the rules, into iptables.txt.
# Run as root on Linux with iptables 1.8.9 (nf_tables). Each command meets the rules of node.rules afresh, in a network
# namespace of its own. node.rules is what the model prints for node k8s-node-11 of the captures; the real
# iptables-save prints it back word for word, which is checked first.
#
# Format: `$ command`, its stdout lines `> text$` and stderr lines `! text$`, the lines of iptables-save that went `- ` and
# came `+ `, then `= exit code`.
set -euo pipefail
cd "$(dirname "$0")"
if [[ ${1:-} != inside ]]; then
    {
        echo "# Recorded by record.sh: $(iptables -V), Linux $(uname -r)."
        unshare -n bash -c 'iptables-restore <node.rules && iptables-save' | grep -v '^#' | diff - node.rules >&2
        while IFS= read -r line; do
            [[ -z $line || $line == \#* ]] || unshare -n "$0" inside "$line"
        done <commands.txt
    } >iptables.txt
    exit
fi
out=$(mktemp) err=$(mktemp) before=$(mktemp) after=$(mktemp)
rules() { iptables-save | grep -v '^#'; }
iptables-restore <node.rules
iptables -t raw -nL >/dev/null && iptables -t mangle -nL >/dev/null # looking at a table makes it
rules >"$before"
code=0
bash -c "$2" >"$out" 2>"$err" || code=$?
rules >"$after"
echo "\$ $2"
grep -v '^#' "$out" | sed 's/^/> /; s/$/$/' || true
sed 's/^/! /; s/$/$/' "$err"
diff "$before" "$after" | sed -n 's/^< /- /p; s/^> /+ /p' || true
echo "= $code"
rm -f "$out" "$err" "$before" "$after"
