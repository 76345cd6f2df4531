#!/usr/bin/env bash
# Programs that are killed in the middle of their work, and peers that say nothing or nonsense: what was acknowledged is there,
# nothing is reported twice, nobody else notices.
. "$(dirname "$0")/lib.sh"
# The study is due when LAST has sent its last slice, not before.
configure "" 'quiet_period_s = 1
quiet_period_by_ae_s = { MODALITY = 3600 }' <<TOML
[worker]
lease_s = 3
TOML
start_tomoscribe
uid=$(shape='--slices 150 --spacing 0.4' small_study "$work/study")
slices=("$work"/study/*.dcm)
last=${slices[-1]}
unset 'slices[-1]'

# send_in_background LOG: the whole study; what was answered with success can be read from LOG while it goes.
send_in_background() {
  storescu -d -aet MODALITY -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" "${slices[@]}" >"$1" 2>&1 &
  sender=$!
}
acknowledged() { # LOG: SOP Instance UIDs
  awk '/C-STORE RSP/ { in_answer = 1 } in_answer && /Affected SOP Instance UID/ { uid = $NF }
       in_answer && /DIMSE Status/ { if (/0x0000/) print uid; in_answer = 0 }' "$1" | sort
}
acknowledges() { [ "$(acknowledged "$1" | wc -l)" -ge "$2" ]; }
nothing_lost() { # LOG
  acknowledged "$1" >"$work/acknowledged"
  sql "SELECT sop_instance FROM instance WHERE state = 'in_force'" | sort >"$work/held"
  [ -z "$(comm -23 "$work/acknowledged" "$work/held")" ] || die "acknowledged slices are not in the database"
  every_blob_is_whole
}
sent_in_part() { # LOG
  wait "$sender" && die "the sender did not notice"
  acknowledges "$1" 1 && ! acknowledges "$1" ${#slices[@]} || die "the kill did not come in the middle"
}

# The gateway.
send_in_background "$work/send1"
until_true 30 acknowledges "$work/send1" 40 || die "the sender makes no progress"
kill -KILL "$(child_of_up tomoscribe-gateway)"
sent_in_part "$work/send1"
until_true 60 ready || die "the gateway was not started again"
nothing_lost "$work/send1"

# Everything at once, while the sender tries again.
send_in_background "$work/send2"
until_true 30 acknowledges "$work/send2" 90 || die "the sender makes no progress"
kill -KILL "$up" "$(child_of_up tomoscribe-gateway)" "$(child_of_up tomoscribe-worker)" "$(postmaster)"
sent_in_part "$work/send2"
start_tomoscribe
nothing_lost "$work/send2"
stored MODALITY "${slices[@]}"
stored LAST "$last"
[ "$(sql "SELECT count(*) || ' ' || count(DISTINCT sop_instance) FROM instance")" = "150 150" ] ||
  die "the sender's third try did not complete the study, each slice once"

# The worker, with the study in its hands: the next one takes it.
until_true 60 state_is "$uid" analysing || die "no worker took the study"
kill -KILL "$(child_of_up tomoscribe-worker)"
until_true 120 version_is "$uid" "drafted 1" || die "no draft after the worker was killed"
[ "$(sql "SELECT string_agg(state || attempt, ' ') FROM job")" = done2 ] || die "the job was not taken again: $(sql "SELECT * FROM job")"

# A worker that sleeps past its lease finds its job taken, and reports nothing.
other=$(small_study "$work/other" --seed 2 --study-uid 2.25.4712)
sleeper=$(child_of_up tomoscribe-worker)
stored LAST "$work"/other/*.dcm
until_true 60 state_is "$other" analysing || die "no worker took the second study"
kill -STOP "$sleeper"
TOMOSCRIBE_DATABASE_DSN="host=$work/data/postgres/s user=tomoscribe dbname=tomoscribe" \
  "$programs/tomoscribe-worker" --data "$work/data" --config "$work/tomoscribe.toml" 2>>"$work/log.jsonl" &
pids+=("$!")
until_true 120 version_is "$other" "drafted 1" || die "no other worker took the sleeping one's job"
kill -CONT "$sleeper"
until_true 60 grep -q 'another worker' "$work/log.jsonl" || die "the sleeper does not know that it lost its job"
[ "$(sql "SELECT count(*) || ' ' || max(number) FROM report_version")" = "2 1" ] || die "not one version a study"

# Silent and senseless peers, more than any port has threads for.
trap '' PIPE
for port in $dicom_port $mllp_port $http_port; do
  for _ in $(seq 80); do exec {silent}<>"/dev/tcp/127.0.0.1/$port"; done
  for nonsense in 'Wombat' '\x01\x00\xff\xff\xff\xff' '\x0bMSH|\x1c\x0d\x0b' 'GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n' '\x04\x00\x00\x00\x00\x01\x00'; do
    { printf "$nonsense" >"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || true
  done
done
for _ in 1 2 3; do
  echoscu -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" || die "silent peers keep others from the DICOM port"
  ready >/dev/null || die "silent peers keep others from the HTTP port"
  order "$work/order.hl7" C1 P1 WOMBATACC15 "" WOMBATID4711
  send_order "$work/order.hl7" | grep '^MSA|AA|C1' >/dev/null || die "silent peers keep others from the MLLP port"
done
stored MODALITY "${slices[0]}"

nothing_private
echo "150 slices through three kills; one report a study"
