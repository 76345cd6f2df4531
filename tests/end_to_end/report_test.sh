#!/usr/bin/env bash
# The live service from an order to the signed report at its receivers: orders by MLLP, edits and signature by the page's API,
# FHIR, ORU^R01 to a receiver that has bad days, DICOM SR to storescp.
. "$(dirname "$0")/lib.sh"
ris_port=$(free_port) pacs_port=$(free_port)
configure <<TOML
[site]
name = "TESTSITE"
[[destination]]
name = "ris"
kind = "oru"
host = "127.0.0.1"
port = $ris_port
timeout_s = 2
[[destination]]
name = "pacs"
kind = "sr"
host = "127.0.0.1"
port = $pacs_port
title = "PACS"
TOML
start_tomoscribe
conformance=$here/../conformance
valid() { # VALIDATOR FILE…
  local validator=$conformance/$1
  shift
  "$validator" --quiet "$@" >"$work/valid.out" 2>&1 || { cat "$work/valid.out" >&2; die "${validator##*/} objects"; }
}
answers() { # FILE PATTERN: the acknowledgement of the message in FILE, valid and matching, in $work/ack
  send_order "$1" >"$work/ack" || die "no acknowledgement"
  tr '\n' '\r' <"$work/ack" >"$work/ack.hl7"
  valid validate-hl7.mjs "$work/ack.hl7"
  grep -q "$2" "$work/ack" || { cat "$work/ack" >&2; die "the acknowledgement is not $2"; }
}
text_has() { # STUDY VERSION WORD…: the text face of that version has all the words
  local word
  api "$page/api/reports/$(study "$1" | jq -r .study.reportId)/versions/$2/text" >"$work/text"
  for word in "${@:3}"; do grep -q "$word" "$work/text" || return 1; done
}
tells_the_order() { text_has "$1" "$2" Wombatcough Wombatsmoker; }

# Orders: before the images by accession number; after them by study UID; garbled; repeated; of another patient.
first=$(small_study "$work/first")
second=$(accession=WOMBATACC16 small_study "$work/second" --seed 2)
order "$work/order1.hl7" C1 P1 WOMBATACC15 "" WOMBATID4711
answers "$work/order1.hl7" '^MSA|AA|C1'
cp "$work/ack" "$work/ack1"
answers "$work/order1.hl7" '^MSA|AA|C1'
cmp -s "$work/ack" "$work/ack1" || die "a repeated message was acknowledged anew"
[ "$(sql "SELECT count(*) FROM imaging_order")" = 1 ] || die "a repeated order was stored again"
sed 's/ORM^O01^ORM_O01/ADT^A01^ADT_A01/; s/C1/C2/' "$work/order1.hl7" >"$work/adt.hl7"
answers "$work/adt.hl7" '^MSA|AR|C2'
grep -q '^ERR|.*|200^.*|E' "$work/ack" || die "no ERR says what is not supported"
tr '\r' '\n' <"$work/order1.hl7" | sed '/^PID/d; s/C1/C3/' | tr '\n' '\r' >"$work/nopid.hl7"
answers "$work/nopid.hl7" '^MSA|AE|C3'
grep -q '^ERR||PID.*|101^.*|E' "$work/ack" || die "no ERR names PID"
printf 'Wombat is no HL7' >"$work/garbage.hl7"
send_order "$work/garbage.hl7" >"$work/ack" || die "no acknowledgement of garbage"
grep -q '^MSA|AR' "$work/ack" && grep -q '^ERR' "$work/ack" || die "garbage was not rejected"
stored MODALITY "$work"/first/*.dcm "$work"/second/*.dcm
until_true 90 version_is "$first" "drafted 1" || die "no draft"
tells_the_order "$first" 1 || die "the order is not in the report"
until_true 90 version_is "$second" "drafted 1" || die "no draft of the second study"
order "$work/order2.hl7" C4 P2 "" "$second" WOMBATID4711
answers "$work/order2.hl7" '^MSA|AA|C4'
until_true 90 version_is "$second" "drafted 2" || die "a late order made no new version"
tells_the_order "$second" 2 || die "the late order is not in the report"
order "$work/order3.hl7" C5 P2 WOMBATACC16 "$second" WOMBATID9999
answers "$work/order3.hl7" '^MSA|AA|C5'
until_true 90 state_is "$second" unsuitable || die "an order of another patient went into the report"
study "$second" | jq -e '.study.reason | test("another patient")' >/dev/null || die "the page does not say why"

# Edited and signed by the API.
report=$(study "$first" | jq -r .study.reportId)
statement=$(study "$first" | jq -r 'first(.report.statements[] | select(.section == "findings")).id')
signer='"signer": {"id": "w1", "name": {"family": "Wombat", "given": "Rosa"}, "organisation": "Test"}'
edit="\"edits\": [{\"statement\": \"$statement\", \"text\": \"Wombats keep quiet.\"}]"
[ "$(post "/api/reports/$report/edit" "{\"base\": 1, $edit, $signer}")" = 201 ] || die "the edit was refused"
[ "$(post "/api/reports/$report/edit" "{\"base\": 1, $edit, $signer}")" = 412 ] || die "an edit of a stale version was taken"
[ "$(post "/api/reports/$report/sign" "{\"base\": 1, \"edits\": [], $signer}")" = 412 ] || die "a stale version was signed"
[ "$(sql "SELECT count(*) FROM delivery")" = 0 ] || die "something unsigned would be sent"
[ "$(post "/api/reports/$report/sign" "{\"base\": 2, \"edits\": [], $signer}")" = 201 ] || die "signing was refused"
version_is "$first" "signed 3" || die "not signed"
text_has "$first" 3 'Wombats keep quiet' || die "the edit is not in the signed report"
text_has "$first" 3 'AI DRAFT' && die "the signed report is labelled a draft"

# The receiver is down, in trouble, confused, well: one report at the end, the same message each time.
delivery() { # DESTINATION VERSION: state, attempts and reason
  study "$first" | jq -r --arg to "$1" --argjson version "$2" '.deliveries[] | select(.destination == $to and .version == $version) | "\(.state) \(.attempts) \(.lastError // "")"'
}
again() { # skips the back-off
  [ "$(post "/api/reports/$report/deliveries/resend" "{\"version\": $2, \"destination\": \"$1\"}")" = 202 ] || die "resend was refused"
}
delivery_says() { delivery "$1" "$2" | says "$3"; }
until_true 30 delivery_says ris 3 'waiting.*cannot be reached' || die "a receiver that is down is not retried: $(delivery ris 3)"
mkdir "$work/ris" "$work/pacs"
echo AE >"$work/ris/answer"
node "$here/peer.mjs" receive "$ris_port" "$work/ris" &
pids+=("$!")
storescp -aet PACS -od "$work/pacs" -uf "$pacs_port" >"$work/storescp.log" 2>&1 &
pids+=("$!")
again ris 3
again pacs 3
until_true 60 delivery_says ris 3 'waiting.*reports an error' || die "AE is not retried: $(delivery ris 3)"
echo wrong >"$work/ris/answer"
again ris 3
until_true 60 delivery_says ris 3 'waiting.*no acknowledgement of this message' || die "another message's acknowledgement was believed: $(delivery ris 3)"
echo AA >"$work/ris/answer"
again ris 3
until_true 90 delivery_says ris 3 '^delivered' || die "the report did not arrive: $(delivery ris 3)"
until_true 90 delivery_says pacs 3 '^delivered' || die "the SR did not arrive: $(delivery pacs 3)"
[ "$(cat "$work"/ris/*.hl7 | tr '\r' '\n' | grep '^MSH' | sort -u | wc -l)" = 1 ] || die "the retried messages differ in their header"
for message in "$work"/ris/*.hl7; do cmp "$message" "$work/ris/1.hl7" || die "the retried messages differ"; done
valid validate-hl7.mjs "$work"/ris/1.hl7
grep -aq 'Wombats keep quiet' "$work/ris/1.hl7" && grep -aq 'OBR|1|P1|' "$work/ris/1.hl7" || die "the ORU is not of this report and order"
valid validate-sr.sh "$work"/pacs/*
[ "$(tag 0040,a493 "$work"/pacs/*)" = VERIFIED ] || die "the SR is not verified"

# FHIR: by id, accession number, study UID, patient, status.
fhir=$page/fhir/R4
mkdir "$work/fhir"
api "$fhir/DiagnosticReport/$report" >"$work/fhir/report.json"
jq -e --arg uid "$first" '.status == "final" and .meta.versionId == "3"' "$work/fhir/report.json" >/dev/null || die "FHIR does not show the final report"
patient=$(jq -r .subject.reference "$work/fhir/report.json")
found_by() { # TYPE QUERY: one report, or some resources
  api "$fhir/$1?$2" >"$work/fhir/$1-${2%%=*}.json"
  jq -e --arg type "$1" '[.entry[]?.resource.resourceType] | length > 0 and all(. == $type)' "$work/fhir/$1-${2%%=*}.json" >/dev/null ||
    die "FHIR finds no $1 by ${2%%=*}"
}
found_by DiagnosticReport "identifier=WOMBATACC15"
found_by DiagnosticReport "identifier=urn:dicom:uid%7Curn:oid:$first"
found_by DiagnosticReport "patient=$patient"
found_by DiagnosticReport "status=final"
jq -e --arg id "$report" '[.entry[].resource.id] == [$id]' "$work/fhir/DiagnosticReport-status.json" >/dev/null || die "a draft is final in FHIR"
found_by Observation "patient=${patient#*/}"
found_by Observation "identifier=WOMBATACC15"
found_by ImagingStudy "identifier=urn:dicom:uid%7Curn:oid:$first"
found_by Patient "identifier=WOMBATID4711"
api "$fhir/$patient" >"$work/fhir/patient.json"
api "$fhir/metadata" >"$work/fhir/metadata.json"
valid validate-fhir.mjs "$work"/fhir/*.json

# A correction that the receiver rejects is dead, says why, and can be sent again.
echo AR >"$work/ris/answer"
[ "$(post "/api/reports/$report/sign" "{\"base\": 3, \"edits\": [{\"section\": \"impression\", \"text\": \"Wombat corrected.\"}], $signer}")" = 201 ] ||
  die "the correction was refused"
until_true 60 delivery_says ris 4 '^dead.*rejects' || die "a rejected report is not dead with a reason: $(delivery ris 4)"
echo AA >"$work/ris/answer"
again ris 4
until_true 60 delivery_says ris 4 '^delivered' || die "resend did not deliver: $(delivery ris 4)"
newest=$(printf '%s\n' "$work"/ris/*.hl7 | sort -V | tail -n 1)
valid validate-hl7.mjs "$newest"
grep -aq 'OBX|.*|||||C' <(tr '\r' '\n' <"$newest") || die "the correction is not marked as one"
[ "$(api "$fhir/DiagnosticReport/$report" | jq -r .status)" = corrected ] || die "FHIR does not show the correction"
text_has "$first" 3 'Wombat corrected' && die "the signed version changed"
until_true 60 delivery_says pacs 4 '^delivered' || die "the corrected SR did not arrive"
valid validate-sr.sh "$work"/pacs/*

# Requests that fail name nobody either.
curl -s -o /dev/null -o /dev/null -o /dev/null "$page/api/studies?text=Wombat&state=wombat" "$fhir/DiagnosticReport?identifier=WOMBATACC15&_count=wombat" "$fhir/Patient/WOMBATID4711"
every_blob_is_whole
nothing_private
echo "two studies, five orders, one signed and corrected report at both receivers in $(find "$work/ris" -name '*.hl7' | wc -l) messages"
