#!/usr/bin/env bash
# The README's first command, whole, against ports and a folder of its own.
. "$(dirname "$0")/lib.sh"
TOMOSCRIBE_DEMO_DATA=$work TOMOSCRIBE_HTTP_PORT=$(free_port) TOMOSCRIBE_DICOM_PORT=$(free_port) TOMOSCRIBE_MLLP_PORT=$(free_port)
export TOMOSCRIBE_DEMO_DATA TOMOSCRIBE_HTTP_PORT TOMOSCRIBE_DICOM_PORT TOMOSCRIBE_MLLP_PORT
"$here/../../script/demo" --once >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; die "script/demo --once failed"; }
grep -qi "measured findings only" "$work/out" || die "the report does not say how it was made"
grep -q "page: " "$work/err" || die "the page's address is not printed"
echo "script/demo --once printed a report of $(wc -l <"$work/out") lines"
