#!/usr/bin/env bash
# tshark for the tests that let Wireshark read the captures: the system's if there is one, Debian's as root.
# Where it can be neither found nor installed, those tests are skipped, and say so; with CI=true they fail.
set -euo pipefail

command -v tshark >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing tshark"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends tshark >/dev/null
fi
command -v tshark >/dev/null || echo "note: no tshark here; the tests that let it read captures are skipped (Debian: tshark)"
