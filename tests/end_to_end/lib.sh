# Shared by the end-to-end scripts: sourced. Everything runs on loopback, in a folder of its own, and is ended by pid.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=${TOMOSCRIBE_PROGRAM_DIR:-$here/../../build/dev/bin}
work=$(mktemp -d /tmp/tomoscribe-e2e.XXXXXX)
chmod 755 "$work"
pids=()
# Node that script/bootstrap fetched.
if [ -x "$here/../../.cache/node/bin/node" ]; then PATH=$(cd "$here/../../.cache/node/bin" && pwd):$PATH; fi

die() {
  printf 'FAILED: %s\n' "$*" >&2
  if [ -f "$work/up.out" ]; then tail -n 20 "$work/up.out" "$work/log.jsonl" >&2; fi
  exit 1
}
finish() {
  trap - EXIT
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
trap 'printf "FAILED: line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR
trap 'exit 130' INT TERM

# until_true SECONDS COMMAND…: polls until the command succeeds.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}

# Below the ports that the kernel gives to outgoing connections: one of those may hold it a moment later.
free_port() {
  local port
  while :; do
    port=$((10000 + (RANDOM * 32768 + RANDOM) % 22000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# configure: writes $work/tomoscribe.toml with free ports; what comes on stdin is added. Keys of [dicom] in $1, of [study] in $2.
configure() {
  dicom_port=${dicom_port:-$(free_port)} http_port=${http_port:-$(free_port)} mllp_port=${mllp_port:-$(free_port)}
  page=http://127.0.0.1:$http_port
  printf '[dicom]\nport = %s\n%s\n[http]\nport = %s\n[mllp]\nport = %s\n[study]\n%s\n' \
    "$dicom_port" "${1:-}" "$http_port" "$mllp_port" "${2:-quiet_period_s = 1}" >"$work/tomoscribe.toml"
  cat >>"$work/tomoscribe.toml"
}

# launch_tomoscribe: with $work/tomoscribe.toml; its log lines are added to $work/log.jsonl.
launch_tomoscribe() {
  "$programs/tomoscribe" up --data "$work/data" --config "$work/tomoscribe.toml" >"$work/up.out" 2>>"$work/log.jsonl" &
  up=$!
  pids+=("$up")
}
ready() { curl -fsS "http://127.0.0.1:$http_port/readyz"; }
start_tomoscribe() {
  launch_tomoscribe
  until_true 90 ready || die "tomoscribe up did not become ready"
}
ended() { ! kill -0 "$1" 2>/dev/null || grep -qs '^State:.Z' "/proc/$1/status"; }
stop_tomoscribe() {
  kill -TERM "$up"
  until_true 60 ended "$up" || die "tomoscribe up did not stop"
}

# child_of_up PROGRAM: the pid of the gateway or worker, once it runs.
child_of_up() {
  local pid deadline=$((SECONDS + 60))
  while [ $SECONDS -lt $deadline ]; do
    for pid in $(cat "/proc/$up/task/$up/children"); do
      if [ "$(basename "$(readlink "/proc/$pid/exe")")" = "$1" ]; then echo "$pid"; return; fi
    done
    sleep 0.1
  done
  die "no $1 runs"
}
postmaster() { head -n 1 "$work/data/postgres/data/postmaster.pid"; }

# … | says PATTERN: reads all of it, unlike grep -q, whose early end is a fault of the writer under pipefail.
says() {
  local text
  text=$(cat)
  grep -q -- "$1" <<<"$text"
}

api() { curl -fsS "$@"; }
study() { api "http://127.0.0.1:$http_port/api/studies/$1"; }
study_state() { study "$1" | jq -r .study.state; }
state_is() { [ "$(study_state "$1")" = "$2" ]; }
version_is() { [ "$(study "$1" | jq -r '"\(.study.state) \(.study.version)"')" = "$2" ]; }
# sql STATEMENT: asks the private database directly.
sql() { psql -h "$work/data/postgres/s" -U tomoscribe -d tomoscribe -tAXqc "$1"; }
# post PATH JSON: prints the HTTP status; the answer is in $work/answer.json.
post() {
  curl -sS -o "$work/answer.json" -w '%{http_code}' -H 'Content-Type: application/json' -H "Origin: $page" --data "$2" "$page$1"
}

# small_study FOLDER [OPTION…]: 16 slices of a thorax that are measured in about a second; prints its Study Instance UID.
# Everything that could name the person holds the word Wombat, and so can be looked for in logs. $accession, $shape: others than usual.
small_study() {
  local folder=$1
  shift
  "$programs/tomoscribe" phantom --quiet --no-nodule --out "$folder" --size 64 ${shape:---slices 16 --spacing 3} --patient-id WOMBATID4711 \
    --accession "${accession:-WOMBATACC15}" "$@" >&2 || die "no phantom"
  dcmodify -nb -q -m "PatientName=Wombat^Quentina" "$folder"/*.dcm || die "dcmodify failed"
  tag 0020,000d "$folder/slice-0001.dcm"
}
tag() { dcmdump -q +P "$1" "$2" | sed -n 's/^[^[]*\[\(.*\)\].*/\1/p' | head -n 1; }

# store CALLING FILE…: sends by storescu and prints the status of each C-STORE, in order.
store() {
  local calling=$1
  shift
  storescu -d -nh -aet "$calling" -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" "$@" 2>&1 |
    sed -n '/C-STORE RSP/,/END DIMSE/s/.*DIMSE Status *: 0x\([0-9a-f]*\).*/\1/p'
}
stored() { [ "$(store "$@" | sort -u)" = 0000 ] || die "a slice was not stored"; }

# order FILE CONTROL_ID PLACER ACCESSION STUDY_UID PATIENT_ID: writes an ORM^O01; empty where the order does not know.
order() {
  printf '%s\r' "MSH|^~\\&|RIS|TEST|TOMOSCRIBE|TEST|20260101120000||ORM^O01^ORM_O01|$2|P|2.5.1" \
    "PID|1||$6^^^TESTHOSPITAL^MR||Wombat^Quentina||19600101|O" "ORC|NW|$3" \
    "OBR|1|$3||CT1^CT chest^L|||||||||Wombatsmoker|||||$4|||||||||||||^Wombatcough" "ZDS|$5^TEST^Application^DICOM" >"$1"
}
# send_order FILE: prints the acknowledgement, a segment a line.
send_order() { node "$here/peer.mjs" send "$mllp_port" "$1"; }

# nothing_private: no log of the whole run names the person, the order or the report.
nothing_private() {
  local logs=("$work/log.jsonl" "$work/up.out" "$work"/data/postgres/*.log)
  [ -s "$work/log.jsonl" ] && [ -s "$work/data/postgres/postgres.log" ] || die "a log is missing"
  if grep -rilE 'wombat|quentina' "${logs[@]}" >"$work/found"; then die "private words in $(cat "$work/found")"; fi
}
# every_blob_is_whole: what the database names lies in the store, and is what its name says.
every_blob_is_whole() {
  sql "SELECT DISTINCT file_hash FROM instance" >"$work/wanted"
  find "$work/data/store" -ignore_readdir_race -type f -printf '%f  %p\n' | grep -Ff "$work/wanted" >"$work/stored"
  [ "$(wc -l <"$work/stored")" = "$(wc -l <"$work/wanted")" ] || die "a stored file is missing"
  sha256sum --check --quiet --strict "$work/stored" || die "a stored file is damaged"
}
