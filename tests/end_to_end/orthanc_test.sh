#!/usr/bin/env bash
# A real PACS on both ends: Orthanc pushes a study to us; the signed report comes back to it as a DICOM SR.
. "$(dirname "$0")/lib.sh"
orthanc=$(command -v Orthanc || echo /usr/sbin/Orthanc)
[ -x "$orthanc" ] || { echo "skipped: Orthanc is not installed"; exit 77; }

pacs_dicom=$(free_port) pacs_http=$(free_port)
configure <<TOML
[[destination]]
name = "pacs"
kind = "sr"
host = "127.0.0.1"
port = $pacs_dicom
title = "PACS"
TOML
cat >"$work/orthanc.json" <<JSON
{ "Name": "peer", "StorageDirectory": "$work/orthanc", "IndexDirectory": "$work/orthanc", "HttpPort": $pacs_http, "DicomPort": $pacs_dicom,
  "DicomAet": "PACS", "RemoteAccessAllowed": false, "AuthenticationEnabled": false, "DicomCheckCalledAet": false,
  "DicomAlwaysAllowEcho": true, "DicomAlwaysAllowStore": true,
  "DicomModalities": { "TOMOSCRIBE": ["TOMOSCRIBE", "127.0.0.1", $dicom_port] } }
JSON
"$orthanc" "$work/orthanc.json" >"$work/orthanc.log" 2>&1 &
pids+=("$!")
start_tomoscribe
until_true 30 curl -fsS "http://127.0.0.1:$pacs_http/system" || die "Orthanc did not start"

"$programs/tomoscribe" phantom --out "$work/phantom" --seed 7 --slices 80 --spacing 4 >/dev/null || die "no phantom"
for file in "$work"/phantom/*.dcm; do
  curl -fsS -o "$work/answer.json" --data-binary @"$file" "http://127.0.0.1:$pacs_http/instances" || die "Orthanc refused a slice"
done
study=$(jq -r .ParentStudy "$work/answer.json")
uid=$(curl -fsS "http://127.0.0.1:$pacs_http/studies/$study" | jq -r .MainDicomTags.StudyInstanceUID)
curl -fsS --data "$study" "http://127.0.0.1:$pacs_http/modalities/TOMOSCRIBE/store" >"$work/push.json" || die "Orthanc could not push"
[ "$(jq -r .FailedInstancesCount "$work/push.json")" = 0 ] || die "Orthanc reports failed instances"

until_true 120 state_is "$uid" drafted || die "no draft"
report=$(api "http://127.0.0.1:$http_port/api/studies/$uid" | jq -r .study.reportId)
version=$(api "http://127.0.0.1:$http_port/api/studies/$uid" | jq -r .study.version)
api -H 'Content-Type: application/json' -H "Origin: http://127.0.0.1:$http_port" -o "$work/signed.json" \
  --data "{\"base\": $version, \"edits\": [], \"signer\": {\"id\": \"r1\", \"name\": {\"family\": \"Reader\", \"given\": \"Rosa\"}, \"organisation\": \"Test\"}}" \
  "http://127.0.0.1:$http_port/api/reports/$report/sign" || die "signing was refused"
state_is "$uid" signed || die "not signed"

sr_arrived() { [ "$(curl -fsS "http://127.0.0.1:$pacs_http/studies/$study/series" | jq -r '[.[].MainDicomTags.Modality] | index("SR") != null')" = true ]; }
until_true 30 sr_arrived || die "the signed SR did not reach Orthanc"
echo "Orthanc pushed $(jq -r .InstancesCount "$work/push.json") slices and holds the signed SR"
