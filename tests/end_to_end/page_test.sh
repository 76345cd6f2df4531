#!/usr/bin/env bash
# The review page in a real browser over the real service: an empty worklist, a study that arrives, its draft read,
# edited and signed, final in FHIR; then signing in with a token. page_test.sh [SCREENSHOT_FOLDER]
. "$(dirname "$0")/lib.sh"
browser=$here/../page
[ -f "$here/../../reporting/page/dist/index.html" ] || { echo "skipped: the review page is not built"; exit 77; }
[ -d "$browser/node_modules/playwright-core" ] || { echo "skipped: playwright-core is not installed"; exit 77; }
command -v chromium >/dev/null || { echo "skipped: no chromium"; exit 77; }
[ -x "$here/../../.cache/node/bin/node" ] && PATH=$here/../../.cache/node/bin:$PATH

configure </dev/null
start_tomoscribe
"$programs/tomoscribe" phantom --out "$work/phantom" --seed 7 --slices 140 --spacing 2.5 >/dev/null || die "no phantom"
node "$browser/page_test.mjs" --url "$page" ${1:+--screenshots "$1"} \
  --send "dcmsend -aec TOMOSCRIBE 127.0.0.1 $dicom_port $work/phantom/*.dcm" || die "the page failed over the real service"

# Once more with tokens: signing in.
kill -TERM "$up" && wait "$up" || true
token=$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')
(umask 077 && echo "reader:Reader^Rosa:$token" >"$work/tokens")
sed -i "s|^\[http\]|[http]\ntokens_file = \"$work/tokens\"|" "$work/tomoscribe.toml"
rm -rf "$work/data"
start_tomoscribe
node "$browser/login_test.mjs" "$page" "$token" ${1:+"$1/login.png"} || die "nobody can sign in"
dcmsend -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" "$work"/phantom/slice-000*.dcm
uid=$(dcmdump +P StudyInstanceUID "$work/phantom/slice-0001.dcm" | sed 's/.*\[\(.*\)\].*/\1/')
curl -fsS -H "Authorization: Bearer $token" "$page/api/studies/$uid" | jq -e '.account.family == "Reader"' >/dev/null || die "the account is not bound to its name"
