#!/usr/bin/env bash
# The review page in a real browser over the real service: an empty worklist, a study that arrives, its draft read,
# edited and signed, final in FHIR; then signing in with a token. page_test.sh [SCREENSHOT_FOLDER]
. "$(dirname "$0")/lib.sh"
page=$here/../page
[ -f "$here/../../reporting/page/dist/index.html" ] || { echo "skipped: the review page is not built"; exit 77; }
[ -d "$page/node_modules/playwright-core" ] || { echo "skipped: playwright-core is not installed"; exit 77; }
command -v chromium >/dev/null || { echo "skipped: no chromium"; exit 77; }
[ -x "$here/../../.cache/node/bin/node" ] && PATH=$here/../../.cache/node/bin:$PATH

dicom_port=$(free_port) http_port=$(free_port) mllp_port=$(free_port)
cat >"$work/tomoscribe.toml" <<TOML
[dicom]
port = $dicom_port
[http]
port = $http_port
[mllp]
port = $mllp_port
[study]
quiet_period_s = 1
TOML
start_tomoscribe
"$programs/tomoscribe" phantom --out "$work/phantom" --seed 7 --slices 140 --spacing 2.5 >/dev/null || die "no phantom"
node "$page/page_test.mjs" --url "http://127.0.0.1:$http_port" ${1:+--screenshots "$1"} \
  --send "dcmsend -aec TOMOSCRIBE 127.0.0.1 $dicom_port $work/phantom/*.dcm" || die "the page failed over the real service"

# Once more with tokens: signing in.
kill -TERM "$up" && wait "$up" || true
token=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
(umask 077 && echo "reader:$token" >"$work/tokens")
sed -i "s|^\[http\]|[http]\ntokens_file = \"$work/tokens\"|" "$work/tomoscribe.toml"
rm -rf "$work/data"
start_tomoscribe
node "$page/login_test.mjs" "http://127.0.0.1:$http_port" "$token" ${1:+"$1/login.png"} || die "nobody can sign in"
