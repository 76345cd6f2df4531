#!/usr/bin/env bash
# Every real volume of TOMOSCRIBE_DATA (default: ../shared/data beside the repository) through the live service: drafted, or a
# sentence that says why not; no worker dies of it. Skipped where there is none.
. "$(dirname "$0")/lib.sh"
volumes=${TOMOSCRIBE_DATA:-$here/../../../shared/data}/volumes
compgen -G "$volumes/*.tar.xz" >/dev/null || { echo "skipped: no volumes in TOMOSCRIBE_DATA"; exit 77; }
configure </dev/null
start_tomoscribe
worker=$(child_of_up tomoscribe-worker)

for archive in "$volumes"/*.tar.xz; do
  mkdir "$work/volume"
  tar -xJf "$archive" -C "$work/volume"
  dcmsend --verbose --no-halt --scan-directories --recurse --no-uid-checks -aec TOMOSCRIBE 127.0.0.1 "$dicom_port" \
    "$work/volume" >"$work/dcmsend.log" 2>&1 || true
  grep -q 'with status SUCCESS' "$work/dcmsend.log" || die "$(basename "$archive"): nothing was sent"
  rm -rf "$work/volume"
done

# answered: no study is on its way any more.
answered() { [ "$(sql "SELECT count(*) FROM study WHERE state NOT IN ('drafted', 'unsuitable', 'failed')")" = 0 ]; }
until_true "${TOMOSCRIBE_VOLUMES_SECONDS:-480}" answered ||
  die "not answered in time: $(sql "SELECT state || ' ' || stage, count(*) FROM study GROUP BY 1")"
[ "$(sql "SELECT count(*) FROM study WHERE state <> 'drafted' AND length(reason) < 10")" = 0 ] || die "a study has neither a draft nor a sentence"
[ "$(sql "SELECT count(*) FROM study WHERE state = 'drafted' AND NOT EXISTS (SELECT FROM report_version WHERE study = uid)")" = 0 ] ||
  die "a drafted study has no draft"
[ "$(child_of_up tomoscribe-worker)" = "$worker" ] || die "a volume ended the worker"
[ "$(sql "SELECT max(attempt) FROM job")" = 1 ] || die "a job was tried more than once"
every_blob_is_whole
sql "SELECT state, count(*), coalesce(string_agg(DISTINCT reason, '; ') FILTER (WHERE reason <> ''), '') FROM study GROUP BY state"
