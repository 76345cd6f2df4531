# Shared by the end-to-end scripts: sourced. Everything runs on loopback, in a folder of its own, and is ended by pid.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=${TOMOSCRIBE_PROGRAM_DIR:-$here/../../build/dev/bin}
work=$(mktemp -d /tmp/tomoscribe-e2e.XXXXXX)
chmod 755 "$work"
pids=()

die() {
  printf 'FAILED: %s\n' "$*" >&2
  [ -f "$work/up.out" ] && tail -n 20 "$work/up.out" "$work/log.jsonl" >&2
  exit 1
}
finish() {
  trap - EXIT
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
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

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 30000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

# start_tomoscribe: with $work/tomoscribe.toml, ports $dicom_port $http_port $mllp_port.
start_tomoscribe() {
  "$programs/tomoscribe" up --data "$work/data" --config "$work/tomoscribe.toml" >"$work/up.out" 2>"$work/log.jsonl" &
  up=$!
  pids+=("$up")
  until_true 60 curl -fsS "http://127.0.0.1:$http_port/readyz" || die "tomoscribe up did not become ready"
}

api() { curl -fsS "$@"; }
study_state() { api "http://127.0.0.1:$http_port/api/studies/$1" | jq -r .study.state; }
state_is() { [ "$(study_state "$1")" = "$2" ]; }
