#!/usr/bin/env bash
# What the differential test asks the kernel with (tests/differential): the system's tools if they are there, Debian's as root.
# Where they can be neither found nor installed the test is skipped, and the run's last lines say so.
set -euo pipefail

# Root's own commands lie where another user's PATH may not lead.
PATH="$PATH:/usr/sbin:/sbin"
wanted=()
command -v iptables-restore >/dev/null || wanted+=(iptables)
command -v ipset >/dev/null || wanted+=(ipset)
command -v nft >/dev/null || wanted+=(nftables)
command -v ip >/dev/null || wanted+=(iproute2)
[ "${#wanted[@]}" -eq 0 ] && exit 0
if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
  exit 0
fi
echo "note: not here: ${wanted[*]}; the differential test needs them, and root, on Linux"
