#!/usr/bin/env bash
# A Chromium for the tests: the system's if there is one, Debian's as root, else the one that Playwright brings.
# Usage: scripts/install_browser.sh PYTHON        (PYTHON: the interpreter that has Playwright)
set -euo pipefail

python="$1"
stamp="$(dirname "$python")/../.stamp-browser"
[ -f "$stamp" ] && exit 0

have_chromium() { "$python" "$(dirname "$0")/browser.py" >/dev/null 2>&1; }
have_chinese_font() { ! command -v fc-list >/dev/null || [ -n "$(fc-list :lang=zh-cn family)" ]; }
is_debian_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

wanted=()
have_chromium || wanted+=(chromium)
have_chinese_font || wanted+=(fonts-noto-cjk)
if [ "${#wanted[@]}" -gt 0 ] && is_debian_root; then
  echo "installing ${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
fi
have_chromium || "$python" -m playwright install chromium
have_chinese_font || echo "note: no Chinese font here; pictures of the zh-CN pages will show boxes (Debian: fonts-noto-cjk)"
have_chromium
touch "$stamp"
