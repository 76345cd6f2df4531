#!/usr/bin/env bash
# The live service's DICOM side, with stock senders: every status of docs/conformance.md, quiet periods by calling AE, late slices.
. "$(dirname "$0")/lib.sh"
quiet='quiet_period_s = 1
quiet_period_by_ae_s = { SLOW = 3600 }'
configure "" "$quiet" </dev/null
start_tomoscribe
uid=$(small_study "$work/study")
slice=$work/study/slice-0001.dcm
slice_uid=$(tag 0008,0018 "$slice")

status_is() { # WANTED CALLING FILE…
  local wanted=$1 got
  shift
  got=$(store "$@")
  [ "$got" = "$wanted" ] || die "C-STORE answered ${got:-nothing}, not $wanted"
}
rows() { sql "SELECT state, count(*) FROM instance WHERE sop_instance = '$1' GROUP BY state ORDER BY state" | tr '\n' ' '; }
rows_are() { [ "$(rows "$1")" = "$2 " ] || die "rows of the instance: $(rows "$1")not $2"; }

echoscu -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" || die "C-ECHO failed"

[ "$(sql "SELECT current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes')")" = ononon ] ||
  die "a commit of the private database is not durable"

# New; again; another header; other pixels; a data set that is not the command's; one that cannot be read.
status_is 0000 SLOW "$slice"
status_is 0000 SLOW "$slice"
rows_are "$slice_uid" "in_force|1"
cp "$slice" "$work/header.dcm"
dcmodify -nb -q -m "StudyDescription=Wombat study" "$work/header.dcm"
status_is 0000 SLOW "$work/header.dcm"
rows_are "$slice_uid" "in_force|1 superseded|1"
cp "$slice" "$work/pixels.dcm"
printf '\x7b\x01' | dd of="$work/pixels.dcm" bs=1 seek=$(($(stat -c %s "$slice") - 2)) conv=notrunc status=none
status_is b000 SLOW "$work/pixels.dcm"
status_is 0000 SLOW "$work/pixels.dcm"
rows_are "$slice_uid" "in_force|1 quarantined|1 superseded|1"
[ -n "$(sql "SELECT reason FROM instance WHERE state = 'quarantined'")" ] || die "the quarantined row says nothing"
[ "$(study "$uid" | jq -r '"\(.study.instances) \(.study.conflicts)"')" = "1 1" ] || die "the page does not count the conflict"
tamper_port=$(free_port)
node "$here/peer.mjs" tamper "$tamper_port" "$dicom_port" &
pids+=("$!")
until_true 20 echoscu 127.0.0.1 "$tamper_port" || die "the tampering peer did not start"
[ "$(dicom_port=$tamper_port store SLOW "$work/study/slice-0002.dcm")" = a900 ] || die "a data set that is not the command's was taken"
cp "$slice" "$work/nostudy.dcm"
dcmodify -nb -q -e StudyInstanceUID "$work/nostudy.dcm"
status_is c000 SLOW "$work/nostudy.dcm"
[ "$(sql "SELECT count(*) FROM instance")" = 3 ] || die "a refused data set left a row"

# The newest slice's sender decides how long the study rests: SLOW would wait an hour, another study of MODALITY does not wait for it.
other=$(small_study "$work/other" --seed 2 --study-uid 2.25.4711)
stored MODALITY "$work"/other/*.dcm
until_true 90 version_is "$other" "drafted 1" || die "no draft of the second study"
state_is "$uid" receiving || die "the quiet period of SLOW did not hold"
# A corrected header is the study's: the page and the next version name the corrected patient.
cp -r "$work/other" "$work/corrected"
dcmodify -nb -q -m "PatientID=WOMBATID4712" "$work"/corrected/*.dcm
stored MODALITY "$work"/corrected/*.dcm
until_true 90 version_is "$other" "drafted 2" || die "corrected headers made no new version"
study "$other" | jq -e '.study.patient.id == "WOMBATID4712" and .report.study.patient.id == "WOMBATID4712" and .study.instances == 16' >/dev/null ||
  die "a corrected Patient ID is not the study's"
stored MODALITY "$work"/study/slice-00{02,03,04,05,06,07,08,09,10,11,12}.dcm
until_true 90 version_is "$uid" "drafted 1" || die "no draft"

report=$(study "$uid" | jq -r .study.reportId)
api "$page/api/reports/$report/versions/1/text" >"$work/text"
grep -q 'Other versions of 1 image' "$work/text" || die "the report does not say that an image is in quarantine"

# Late slices: a new version of the same report. After signing: a draft beside the signed version, which stays as it was.
stored MODALITY "$work/study/slice-0013.dcm" "$work/study/slice-0014.dcm"
until_true 90 version_is "$uid" "drafted 2" || die "late slices made no new version"
signer='"signer": {"id": "w1", "name": {"family": "Wombat", "given": "Rosa"}, "organisation": "Test"}'
[ "$(post "/api/reports/$report/sign" "{\"base\": 2, \"edits\": [], $signer}")" = 201 ] || die "signing was refused"
until_true 10 version_is "$uid" "signed 3" || die "not signed"
signed() { api "$page/api/reports/$report/versions/3" | sha256sum; }
before=$(signed)
stored MODALITY "$work/study/slice-0015.dcm" "$work/study/slice-0016.dcm"
until_true 90 version_is "$uid" "drafted 4" || die "slices after signing made no draft"
study "$uid" | jq -e '.study.newerDraft and .person.number == 3 and .report.number == 4 and .report.study.instances == 16' >/dev/null ||
  die "the draft does not stand beside the signed version"
[ "$(signed)" = "$before" ] || die "the signed version changed"
[ "$(sql "SELECT count(DISTINCT report_id) FROM report_version WHERE study = '$uid'")" = 1 ] || die "a second report"
api "$page/fhir/R4/DiagnosticReport?identifier=urn:dicom:uid%7Curn:oid:$uid&status=final" >"$work/final.json"
jq -e '[.entry[].resource.status] == ["final"]' "$work/final.json" >/dev/null || die "FHIR lost the final report"

# No database: the sender may try again. `up` is held, so that it cannot mend it meanwhile.
kill -STOP "$up"
database=$(postmaster)
kill -INT "$database"
until_true 30 ended "$database" || die "PostgreSQL did not end"
status_is a700 MODALITY "$work/other/slice-0001.dcm"
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$http_port/readyz")" = 503 ] || die "ready without a database"
kill -CONT "$up"
until_true 60 ready || die "the database did not come back"
status_is 0000 MODALITY "$work/other/slice-0001.dcm"

# A disk that is nearly full.
stop_tomoscribe
free_mib=$(df --output=avail -m "$work" | tail -n 1)
configure "reserve_mib = $((free_mib + 10000))" "$quiet" </dev/null
launch_tomoscribe
until_true 60 echoscu 127.0.0.1 "$dicom_port" || die "the gateway did not start"
count=$(sql "SELECT count(*) FROM instance")
status_is a700 MODALITY "$work/other/slice-0001.dcm"
[ "$(sql "SELECT count(*) FROM instance")" = "$count" ] || die "a refused data set left a row"
stop_tomoscribe

configure "" "$quiet" </dev/null
start_tomoscribe
version_is "$uid" "drafted 4" || die "the restart changed the study"
every_blob_is_whole
nothing_private
echo "every C-STORE status as the conformance statement has it; $(sql "SELECT count(*) FROM instance") instances whole"
