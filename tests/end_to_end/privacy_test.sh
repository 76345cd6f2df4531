#!/usr/bin/env bash
# A study, an order and a report full of recognisable words go through the service; none of the words may be in any log.
. "$(dirname "$0")/lib.sh"
command -v dcmodify >/dev/null || { echo "skipped: dcmtk's programs are not installed"; exit 77; }
configure <<TOML
[[destination]]
name = "ris"
kind = "oru"
host = "127.0.0.1"
port = $(free_port)
TOML

mllp() { # the acknowledgement to $1
  exec 3<>"/dev/tcp/127.0.0.1/$mllp_port"
  printf '\x0b%b\x1c\x0d' "$1" >&3
  local answer=
  IFS= read -r -d $'\x1c' -t 20 answer <&3 || true
  exec 3<&- 3>&-
  printf '%s' "$answer" | tr '\r' '\n'
}

start_tomoscribe
"$programs/tomoscribe" phantom --out "$work/phantom" --seed 5 --slices 60 --spacing 5 >/dev/null || die "no phantom"
dcmodify -q -nb -i "(0010,0010)=ZZNAMEZZ^ZZGIVENZZ" -i "(0010,0020)=ZZPIDZZ" -i "(0008,0050)=ZZACCZZ" -i "(0008,0090)=ZZREFERRERZZ" \
  "$work"/phantom/*.dcm || die "dcmodify"
uid=$(dcmdump +P StudyInstanceUID "$(ls "$work"/phantom/*.dcm | head -1)" | sed 's/.*\[\(.*\)\].*/\1/')
order="MSH|^~\\\\&|RIS|HOSP|TOMOSCRIBE|RAD|20260102030405||ORM^O01|ZZCTRLZZ|P|2.3.1\rPID|1||ZZPIDZZ||ZZNAMEZZ^ZZGIVENZZ||19600101|O\r\
ORC|NW|ZZPLACERZZ|ZZFILLERZZ\rOBR|1|ZZPLACERZZ|ZZFILLERZZ|CT^CT chest^L||||||||||||||ZZACCZZ|||||||||||||ZZREASONZZ\r"
mllp "$order" | says '^MSA|AA|' || die "the order was not accepted"
mllp "MSH|^~\\\\&|ZZAPPZZ|ZZ\rPID|ZZNAMEZZ\r" | says '^MSA|A[ER]' || die "garbage was not refused"
timeout 120 storescu -q +sd +sp "*.dcm" 127.0.0.1 "$dicom_port" "$work/phantom" || die "the study was refused"

# The same again with other pixels, with text in no character set, with half of it missing; to a wrong place.
first=$(ls "$work"/phantom/*.dcm | head -1)
mkdir "$work/odd"
cp "$first" "$work/odd/charset.dcm"
dcmodify -q -nb -i "(0008,0005)=ISO_IR 192" -i "(0010,0010)=ZZ"$'\xff\xfe'"ZZNAMEZZ" "$work/odd/charset.dcm" || true
cp "$first" "$work/odd/date.dcm"
dcmodify -q -nb -i "(0010,0030)=ZZ991399" -i "(0008,0018)=1.2.3.4.5.77" "$work/odd/date.dcm" || true
cp "$first" "$work/odd/pixels.dcm"
dcmodify -q -nb -i "(0028,1052)=-99" -i "(0020,0032)=1\\2\\3" "$work/odd/pixels.dcm" || true
for file in "$work"/odd/*.dcm; do timeout 60 storescu -q 127.0.0.1 "$dicom_port" "$file" >/dev/null 2>&1 || true; done
for url in "/api/studies?q=ZZNAMEZZ" "/fhir/R4/Patient?identifier=ZZPIDZZ" "/fhir/R4/ImagingStudy?identifier=ZZACCZZ" "/ZZNAMEZZ" \
  "/dicom-web/studies/ZZ" "/api/reports/ZZNAMEZZ" "/fhir/R4/ZZ/ZZ?ZZ=ZZ" "/api/studies?q=%00ZZNAMEZZ"; do
  curl -sS -o /dev/null -H "Referer: ZZNAMEZZ" "$page$url" || die "no answer to $url"
done

until_true 180 state_is "$uid" drafted || die "no draft: $(study_state "$uid")"
report=$(api "$page/api/studies/$uid" | jq -r .study.reportId)
version=$(api "$page/api/studies/$uid" | jq -r .study.version)
api "$page/api/studies/$uid" | says ZZREASONZZ || die "the order did not reach the report"
for body in '{"ZZNAMEZZ"' '{"base": "ZZNAMEZZ"}' \
  "{\"base\": $version, \"edits\": [], \"signer\": {\"id\": \"ZZSIGNERZZ\", \"name\": {\"family\": \"ZZFAMILYZZ\", \"given\": \"ZZ\"}, \"organisation\": \"ZZ\"}}"; do
  curl -sS -o /dev/null -H 'Content-Type: application/json' -H "Origin: $page" --data "$body" "$page/api/reports/$report/sign"
done
state_is "$uid" signed || die "not signed"
retried() { grep -q '"outcome":"retry"' "$work/log.jsonl"; }
until_true 30 retried || die "the delivery was not tried"

# PostgreSQL's own words, too: it is killed while it works.
postgres=$(head -1 "$work/data/postgres/data/postmaster.pid")
backend=$(ps -o pid= --ppid "$postgres" | tail -1)
kill -KILL "$backend" 2>/dev/null || true
until_true 60 curl -fsS "$page/readyz" || die "not ready after a backend was killed"
curl -fsS "$page/metrics" >"$work/metrics" || die "no metrics"
kill -TERM "$up"
wait "$up" || die "up failed"
pids=()

logs=("$work/up.out" "$work/log.jsonl" "$work/metrics" "$work"/data/postgres/*.log)
if grep -a -l ZZ "${logs[@]}"; then
  grep -a -h ZZ "${logs[@]}" | cut -c1-300 >&2
  die "a log holds what it must not"
fi
for word in "job started" "draft made" "order stored" "message refused" "instance quarantined" "delivery" "association opened"; do
  grep -q "\"event\":\"$word\"" "$work/log.jsonl" || die "the log does not say '$word'"
done
grep -v '^{' "$work/log.jsonl" && die "a line of the log is no JSON"
jq -es . "$work/log.jsonl" >/dev/null || die "the log is not JSON"
echo "no name, id, accession number or text of the study, order and report is in $(cat "${logs[@]}" | wc -l) lines of logs"
