"""The shell's language and its text commands, held against bash and the GNU tools of the machine that runs the tests."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from app.shell import execute
from tests.unit.shell.lab import lab

LINES = r"""
echo hello 'a  b' "c $((1+2*3))" d\ e
for i in 1 2 3; do echo $i; done | tail -1
for i in {1..3} {a,b}{c,d} x{1..5..2}y {01..03}; do printf '%s ' $i; done
printf '%03d|%-5s|%5s|%x|%%\n' 7 ab cd 255
printf '%s-%s\n' a b c
echo -e 'a\tb\nc'; echo -n x; echo
x=5; echo $((x*2+1)) $((7/2)) $((-7/2)) $((-7%3)) $((1<2&&3>4)) $((!0)) $((0x10))
x='a b  c'; echo $x; echo "$x"; echo ${#x}
f=archive.tar.gz; echo ${f%.*} ${f%%.*} ${f#*.} ${f##*.}
echo ${nope:-default} ${nope-d} "${nope:+x}" ${HOME:+set}
y=$(echo a; echo b); echo "$y"; echo $y
echo "$(echo "nested $(echo deep)")" `echo back`
if [ 1 -lt 2 ] && [ a = a ]; then echo yes; else echo no; fi
if false; then echo a; elif true; then echo b; else echo c; fi
i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done
i=0; until [ $i -ge 2 ]; do i=$((i+1)); echo $i; done
for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done
false || echo or; true && echo and; ! true || echo not
false; echo $?; true; echo $?; (exit 3); echo $?
{ echo a; echo b; } | wc -l
(x=1; echo $x); echo "[$x]"
set_me=1; bash -c 'echo [$set_me]'; set_me=2 bash -c 'echo [$set_me]'
bash -c 'echo $0 $1 $# "$@"' name one 'two words'
cat <<< 'here string'
printf 'b\na\nc\n' | sort -r | head -2
printf 'b 2\na 10\na 9\n' | sort -k1,1 -k2n
printf '10\n9\n100\n' | sort -n; printf '10.0.0.10\n10.0.0.9\n' | sort -V
printf 'a\na\nb\na\n' | uniq -c
printf 'a\na\nb\n' | sort -u | uniq -d
printf 'one two\nthree\n' | wc; printf 'abc\n' | wc -c; printf 'a b' | wc -w
printf 'a:b:c\nd:e:f\n' | cut -d: -f2; printf 'abcdef\n' | cut -c2-4
printf 'a:b:c\n' | cut -d: -f1,3-; printf 'nosep\n' | cut -d: -f2 -s
echo 'Hello World' | tr a-z A-Z; echo 'a  b' | tr -s ' '; echo abc123 | tr -dc 0-9; echo; echo abc | tr abc x
seq 3; seq 2 4; seq 1 3 10; seq -s, 3; seq 5 -2 1; seq -w 8 11
printf 'foo\nbar\nbaz\n' | grep -n ba; printf 'foo\nbar\n' | grep -v foo; printf 'Foo\n' | grep -i foo
printf 'a1\nb22\nc\n' | grep -E '[0-9]{2}|^c$'; printf 'a.b\naxb\n' | grep -F a.b; printf 'a.b\naxb\n' | grep 'a\.b'
printf 'x\ny\nz\nw\n' | grep -A1 -B1 z; printf 'foobar foo\n' | grep -o foo; printf 'a\nb\n' | grep -c .
printf 'foo\nfoobar\n' | grep -w foo; printf 'foo\nfoobar\n' | grep -x foo; grep -q x <<< xyz; echo $?; grep z <<< x; echo $?
printf 'tcp 0\nudp 1\n' | grep -E '^(tc|ud)p' | awk '{print $2, $1}'
printf 'a b c\nd e\n' | awk '{print $NF}'; printf 'a b\nc d\n' | awk 'NR==2{print $1}'; printf 'a,b\n' | awk -F, '{print $2 "-" $1}'
printf '1 x\n20 y\n' | awk '$1 > 5 {print $2}'; printf 'ab\ncd\n' | awk '/c/'; printf 'a\nb\n' | awk 'END{print NR}'
printf 'aaa\n' | sed 's/a/b/'; printf 'aaa\n' | sed 's/a/b/g'; printf 'k=v\n' | sed -E 's/(.)=(.)/\2=\1/'
printf '1\n2\n3\n4\n' | sed -n '2,3p'; printf '1\n2\n3\n' | sed '2d'; printf 'a\nb\n' | sed '/a/d'; printf '1\n2\n' | sed '$d'
echo /a/b | sed 's|/|-|g'; echo abc | sed 's/b/[&]/'; echo aXbX | sed 's/x/-/Ig'; printf '1\n2\n3\n' | sed 2q
printf '1\n2\n3\n4\n5\n' | tail -n +4; printf '1\n2\n3\n' | head -n -1; printf '1\n2\n' | tac
printf 'a b\nc d\n' | while read x y; do echo "$y $x"; done
echo a > /tmp/podwalk-none/x 2>/dev/null || echo failed
echo out; echo err >&2 2>/dev/null; { echo e >&2; } 2>&1 | tr e E
ls /podwalk-nope 2>/dev/null || echo none
echo "a'b" 'c"d' "e\"f" \$x '$x' "\$x" "a\b"
echo a#b # comment
echo a;echo b ; echo c
case_x=1 ; echo "${case_x}y" $case_x"z"
export E=1; env | grep ^E=; unset E; env | grep ^E=; echo $?
echo *.podwalk-none '*' "*"; echo "a*b"
test -z "" && echo empty; test -n x -a 1 -eq 1 && echo both; [ ! -e /podwalk-none ] && echo absent; [ a != b ]; echo $?
echo $(( (1 + 2) * 3 )) $((2+3*4-1)); echo "sum: $((10 % 4))"
true | false; echo $?; false | true; echo $?
echo {1..3}{a,b}; echo {x}; echo a{b; echo {,pre}fix
type_of=$(printf '%s' abc | wc -c); echo $type_of
basename=x; printf '%5.2s|\n' abc; printf '%c%c\n' xyz w
printf a | base64; echo hello | base64 | base64 -d; seq 100 | base64 -w 40 | head -2; seq 40 | base64 | base64 -d | tail -1
printf ab | base64 -w0; echo; echo YWI= | base64 --decode; echo; base64 -w x </dev/null; echo $?; base64 </dev/null; echo '####' | base64 -d; echo $?
""".strip("\n").split("\n")  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash and the GNU tools")
@pytest.mark.parametrize("line", LINES)
def test_a_line_prints_what_bash_prints(line: str) -> None:
    real = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LC_ALL": "C"}, cwd="/",
    )  # fmt: skip
    ours = execute(lab().namespaces["lab-a"], f"cd /; {line}")
    assert (ours.stdout, ours.exit_code) == (real.stdout.expandtabs(), real.returncode)
