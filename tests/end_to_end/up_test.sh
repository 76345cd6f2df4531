#!/usr/bin/env bash
# The supervisor as an operator meets it: starting, refusing, restarting what dies, stopping, being killed.
. "$(dirname "$0")/lib.sh"
dicom_port=$(free_port) http_port=$(free_port) mllp_port=$(free_port)
cat >"$work/tomoscribe.toml" <<TOML
[dicom]
port = $dicom_port
[http]
port = $http_port
[mllp]
port = $mllp_port
TOML

pass() { printf 'ok: %s\n' "$*"; }
# with_argument TEXT: pids of processes that were started with it.
with_argument() {
  local file
  for file in /proc/[0-9]*/cmdline; do
    if { tr '\0' ' ' <"$file"; } 2>/dev/null | grep -qF -- "$1"; then basename "$(dirname "$file")"; fi
  done | grep -vx -e "$$" -e "$BASHPID" || true
}
# pid_of PROGRAM: the child of up that runs it (ps knows 15 characters of its name).
pid_of() { ps -o pid=,comm= --ppid "$up" | awk -v name="${1:0:15}" '$2 == name { print $1 }'; }
all_gone() { local pid; for pid in $1; do [ ! -e "/proc/$pid" ] || [ "$(ps -o stat= -p "$pid" | cut -c1)" = Z ] || return 1; done; }
family() { local pid; for pid in $(ps -o pid= --ppid "$1"); do echo "$pid"; family "$pid"; done; }
ready() { curl -fsS "http://127.0.0.1:$http_port/readyz"; }
other_pid() { local now; now=$(pid_of "$1"); [ -n "$now" ] && [ "$now" != "$2" ]; }
forget() { local kept=() pid; for pid in "${pids[@]}"; do [ "$pid" = "$1" ] || kept+=("$pid"); done; pids=("${kept[@]}"); }
# ended PID STATUS: it ends in time with this status.
ended() {
  until_true 60 all_gone "$1" || die "it did not end"
  local status=0
  wait "$1" || status=$?
  forget "$1"
  [ "$status" = "$2" ] || die "exit status $status, not $2"
}

start_tomoscribe
until_true 10 grep -q "http://127.0.0.1:$http_port/" "$work/up.out" || die "the page's address is not printed"
[ "$(stat -c %a "$work/data/store")" = 700 ] || die "others may look into the store"
pass "starts in an empty folder"

status=0
"$programs/tomoscribe" up --data "$work/data" >"$work/second" 2>&1 || status=$?
[ "$status" = 1 ] || die "a second up ended with status $status"
[ "$(wc -l <"$work/second")" = 1 ] && grep -q "another tomoscribe runs on" "$work/second" || die "unclear: $(cat "$work/second")"
pass "refuses a second up on the same folder: $(cat "$work/second")"

status=0
timeout 90 "$programs/tomoscribe" up --data "$work/other" --config "$work/tomoscribe.toml" >"$work/second" 2>&1 || status=$?
[ "$status" = 1 ] || die "up on taken ports ended with status $status"
grep -q "cannot listen on 127.0.0.1:$http_port: Address already in use" "$work/second" || die "unclear: $(cat "$work/second")"
[ -z "$(with_argument "$work/other")" ] || die "up on taken ports left $(with_argument "$work/other")"
pass "says that a port is taken, and leaves nothing behind"

"$programs/tomoscribe" db status --data "$work/data" >"$work/status" || die "db status beside the service"
grep -q '^studies     0$' "$work/status" || die "db status says: $(cat "$work/status")"
"$programs/tomoscribe" db migrate --data "$work/data" | says "nothing to do" || die "db migrate beside the service"
"$programs/tomoscribe" doctor --data "$work/data" --config "$work/tomoscribe.toml" >"$work/doctor" || die "doctor: $(cat "$work/doctor")"
grep -q "warn  HTTP port: $http_port is taken" "$work/doctor" || die "doctor does not see the port: $(cat "$work/doctor")"
pass "db and doctor work beside the service"

for program in tomoscribe-gateway tomoscribe-worker; do
  old=$(pid_of $program)
  [ -n "$old" ] || die "no $program among the children"
  kill -KILL "$old"
  until_true 60 other_pid $program "$old" || die "$program was not started again"
  until_true 60 ready || die "not ready after $program was killed"
done
pass "starts gateway and worker again"

old=$(pid_of postgres)
kill -KILL "$old"
until_true 60 other_pid postgres "$old" || die "PostgreSQL was not started again"
until_true 60 ready || die "not ready after PostgreSQL was killed"
"$programs/tomoscribe" db status --data "$work/data" >/dev/null || die "db status after PostgreSQL was killed"
pass "starts PostgreSQL again"

all=$(family "$up")
kill -TERM "$up"
ended "$up" 0
until_true 5 all_gone "$all" || die "SIGTERM left processes behind"
[ -z "$(with_argument "$work/data")" ] || die "SIGTERM left $(with_argument "$work/data")"
pass "SIGTERM stops everything"

"$programs/tomoscribe" db status --data "$work/data" | says "^jobs " || die "db status without a service"
"$programs/tomoscribe" db migrate --data "$work/data" | says "nothing to do" || die "db migrate without a service"
[ -z "$(with_argument "$work/data")" ] || die "db left $(with_argument "$work/data")"
status=0
"$programs/tomoscribe" db status --data "$work/nowhere" >"$work/second" 2>&1 || status=$?
[ "$status" = 1 ] && [ "$(wc -l <"$work/second")" = 1 ] || die "db status without a database: $(cat "$work/second")"
pass "db works without the service"

start_tomoscribe
all=$(family "$up")
kill -KILL "$up"
ended "$up" 137
until_true 60 all_gone "$all" || die "after SIGKILL the children stay: $all"
pass "after SIGKILL the children end by themselves"

start_tomoscribe
all=$(family "$up")
kill -KILL "$up"
forget "$up"
start_tomoscribe # at once, while the old ones may still be ending
until_true 60 all_gone "$all" || die "the old children stay"
until_true 10 ready || die "not ready beside the old ones"
pass "the next up works at once after SIGKILL"

kill -INT "$up"
ended "$up" 0
[ -z "$(with_argument "$work/data")" ] || die "SIGINT left $(with_argument "$work/data")"
pass "Ctrl-C stops everything"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  if setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$programs/tomoscribe"; then
    mkdir "$work/nobody"
    chown nobody:nogroup "$work/nobody"
    chmod 644 "$work/tomoscribe.toml"
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$programs/tomoscribe" up --data "$work/nobody/data" \
      --config "$work/tomoscribe.toml" >"$work/up.out" 2>"$work/log.jsonl" &
    up=$!
    pids+=("$up")
    until_true 60 ready || die "up as another user did not become ready"
    for pid in $(family "$up"); do
      [ "$(ps -o user= -p "$pid")" = nobody ] || die "$(ps -o user=,comm= -p "$pid") among the children"
    done
    kill -TERM "$up"
    ended "$up" 0
    [ -z "$(with_argument "$work/nobody")" ] || die "left $(with_argument "$work/nobody")"
    pass "works without root"
  else
    echo "skipped: nobody may not enter the build folder"
  fi
fi
echo "tomoscribe up keeps what it promises"
