#!/usr/bin/env bash
# Slices a second into the gateway from stock storescu, over 1 and over 4 associations, beside stock storescp and Orthanc in
# the same run; then seconds from the last slice to the report, and peak memory. Prints Markdown rows for docs/performance.md.
#   tests/bench/intake_bench.sh [SLICES]      default 300, 512 x 512
. "$(dirname "$0")/../end_to_end/lib.sh"
slices=${1:-300}
rounds=3
orthanc=$(command -v Orthanc || echo /usr/sbin/Orthanc)
configure '' 'quiet_period_s = 1000
quiet_period_by_ae_s = { REPORT = 1 }' </dev/null

now() { date +%s.%N; }
seconds_since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.3f", b - a }'; }

# make_study NAME SEED: a phantom whose slices are dealt into four folders, one an association.
make_study() {
  "$programs/tomoscribe" phantom --quiet --out "$work/$1" --seed "$2" --slices "$slices" --spacing 1.2 || die "no phantom"
  rm "$work/$1/truth.json"
  local i=0 file
  for file in "$work/$1"/*.dcm; do
    mkdir -p "$work/$1/$((i % 4))"
    mv "$file" "$work/$1/$((i % 4))/"
    i=$((i + 1))
  done
}

# send ASSOCIATIONS STUDY PORT TITLE [CALLING]: prints the seconds that it took.
send() {
  local began folder senders=()
  began=$(now)
  if [ "$1" = 1 ]; then
    storescu +sd +r -aet "${5:-BENCH}" -aec "$4" 127.0.0.1 "$3" "$work/$2" >"$work/storescu.log" 2>&1 || die "storescu to $4 failed: $(tail -n 1 "$work/storescu.log")"
  else
    for folder in 0 1 2 3; do
      storescu +sd -aet BENCH -aec "$4" 127.0.0.1 "$3" "$work/$2/$folder" >"$work/storescu-$folder.log" 2>&1 &
      senders+=("$!")
    done
    for folder in "${senders[@]}"; do wait "$folder" || die "storescu to $4 failed"; done
  fi
  seconds_since "$began"
}

# report PEER ASSOCIATIONS SECONDS…: the best of the rounds.
best_rate() { printf '%s\n' "$@" | sort -n | awk -v n="$slices" 'NR == 1 { printf "%.0f", n / $1 }'; }

peer_storescp() {
  local port
  port=$(free_port)
  mkdir -p "$work/storescp"
  storescp --fork -od "$work/storescp" -aet PEER "$port" >"$work/storescp.log" 2>&1 &
  pids+=("$!")
  until_true 10 echoscu -aec PEER 127.0.0.1 "$port" || die "storescp did not start"
  storescp_port=$port
}

peer_orthanc() {
  local http
  http=$(free_port)
  orthanc_port=$(free_port)
  mkdir -p "$work/orthanc"
  cat >"$work/orthanc.json" <<JSON
{ "Name": "peer", "StorageDirectory": "$work/orthanc", "IndexDirectory": "$work/orthanc", "HttpPort": $http, "DicomPort": $orthanc_port,
  "DicomAet": "PEER", "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "DicomCheckCalledAet": false, "OverwriteInstances": true,
  "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true }
JSON
  "$orthanc" "$work/orthanc.json" >"$work/orthanc.log" 2>&1 &
  pids+=("$!")
  until_true 30 echoscu -aec PEER 127.0.0.1 "$orthanc_port" || die "Orthanc did not start"
}

for round in $(seq $rounds); do make_study "study$round" "$round"; done
start_tomoscribe
peer_storescp
peer_orthanc
declare -A took
# Each round sends a study nobody has yet, to each in turn; four associations get the studies a second time under new identities.
for round in $(seq $rounds); do
  took[tomoscribe1]+=" $(send 1 "study$round" "$dicom_port" TOMOSCRIBE)"
  took[storescp1]+=" $(send 1 "study$round" "$storescp_port" PEER)"
  took[orthanc1]+=" $(send 1 "study$round" "$orthanc_port" PEER)"
done
for round in $(seq $rounds); do
  rm -rf "$work/study$round"
  make_study "study$round" "$((round + 100))"
  took[tomoscribe4]+=" $(send 4 "study$round" "$dicom_port" TOMOSCRIBE)"
  took[storescp4]+=" $(send 4 "study$round" "$storescp_port" PEER)"
  took[orthanc4]+=" $(send 4 "study$round" "$orthanc_port" PEER)"
done

echo "| receiver | 1 association, slices/s | 4 associations, slices/s |"
echo "|---|---|---|"
for peer in tomoscribe storescp orthanc; do
  # shellcheck disable=SC2086 # the lists are meant to split
  echo "| $peer | $(best_rate ${took[${peer}1]}) | $(best_rate ${took[${peer}4]}) |"
done

make_study report 42
send 1 report "$dicom_port" TOMOSCRIBE REPORT >/dev/null
began=$(now)
uid=$(dcmdump -q +P 0020,000d "$(find "$work/report" -name '*.dcm' | head -n 1)" | sed -n 's/.*\[\([0-9.]*\)\].*/\1/p')
until_true 300 state_is "$uid" drafted || die "no draft"
total=$(seconds_since "$began")
peak() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }
gateway=$(child_of_up tomoscribe-gateway) worker=$(child_of_up tomoscribe-worker)
echo
echo "| from the last slice to the report, $slices slices of 512 x 512 (quiet period of 1 s included) | $total s |"
echo "| peak resident memory of the worker | $(peak "$worker") MiB |"
echo "| peak resident memory of the gateway | $(peak "$gateway") MiB |"
