#!/bin/sh
# page_test.sh PAGE_SERVER [SCREENSHOT_FOLDER]: serves the built page over fakes and drives it in a headless browser.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
page=$here/../../reporting/page/dist
skip() { echo "skipped: $*"; exit 77; }
[ -f "$page/index.html" ] || skip "the review page is not built (script/bootstrap builds it)"
[ -d "$here/node_modules/playwright-core" ] || skip "playwright-core is not installed (script/bootstrap --tests installs it)"
command -v chromium >/dev/null || skip "no chromium (script/bootstrap --tests installs it)"
[ -x "$here/../../.cache/node/bin/node" ] && PATH=$here/../../.cache/node/bin:$PATH
exec node "$here/page_test.mjs" --server "$1" --page "$page" ${2:+--screenshots "$2"}
