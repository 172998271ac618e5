#!/bin/bash
# Records what the real ip, bridge and sysctl print for the commands of commands.txt, into iproute2.txt.
# Run as root on Linux with iproute2 6.1 and procps; it makes three network namespaces and removes them again.
#
# Format: `$ command`, then its stdout lines `> text$` and stderr lines `! text$` (the `$` shows trailing blanks), then
# `= exit code`. A command that begins with `~` has its lines compared as a set: the kernel's order is that of a hash.
set -euo pipefail
cd "$(dirname "$0")"
cleanup() { for n in lab-a lab-b lab-u; do ip netns del $n 2>/dev/null || true; done; }
trap cleanup EXIT
cleanup
for n in lab-a lab-b lab-u; do
    ip netns add $n
    ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n $n link set lo up
done
a() { ip -n lab-a "$@"; }
a link add eth0 address 02:00:0a:00:00:0b type veth peer name swp2 netns lab-u address 02:01:00:00:00:02
ip -n lab-u link set swp2 up
a link set eth0 up
a addr add 10.0.0.11/24 dev eth0
a link add cni0 address 0a:58:0a:02:01:01 mtu 1450 type bridge mcast_snooping 0
a addr add 10.2.1.1/24 dev cni0
a link set cni0 up
a link add flannel.1 address 0e:f1:0a:02:01:00 type vxlan id 1 local 10.0.0.11 dev eth0 dstport 8472 nolearning
a addr add 10.2.1.0/32 dev flannel.1
a link set flannel.1 mtu 1450 up
a link add veth1 mtu 1450 address 06:00:0a:02:01:25 type veth peer name eth0 netns lab-b mtu 1450 address 0a:58:0a:02:01:25
a link set veth1 master cni0 up
ip -n lab-b link set eth0 up
ip -n lab-b addr add 10.2.1.37/24 dev eth0
ip -n lab-b route add default via 10.2.1.1
a route add default via 10.0.0.1
a route add 10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink
a neigh add 10.2.2.0 lladdr 0e:f1:0a:02:02:00 dev flannel.1 nud permanent
bridge -n lab-a fdb append 0e:f1:0a:02:02:00 dev flannel.1 dst 10.0.0.12 self permanent
sleep 1
out=$(mktemp) err=$(mktemp)
{
    echo "# Recorded by record.sh: $(ip -V), $(sysctl -V), Linux $(uname -r)."
    while IFS= read -r line; do
        [[ -z $line || $line == \#* ]] && continue
        echo "\$ $line"
        command=${line#\~}
        where=lab-a
        [[ $command == @b\ * ]] && where=lab-b && command=${command#@b }
        code=0
        ip netns exec $where bash -c "$command" >"$out" 2>"$err" || code=$?
        sed 's/^/> /; s/$/$/' "$out"
        sed 's/^/! /; s/$/$/' "$err"
        echo "= $code"
        [[ $command == *" set "* ]] && sleep 0.4 # linkwatch tells a change of carrier a moment later
    done <commands.txt
} >iproute2.txt
rm -f "$out" "$err"
