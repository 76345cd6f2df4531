#!/usr/bin/env bash
# A language model in the chain: a practice model drafts beside the measurements, in `report` and in the live service; what is said
# of it in every face; the same seed, the same draft; folders that cannot be used.
. "$(dirname "$0")/lib.sh"
tomoscribe=$programs/tomoscribe
refuses() { # STATUS PATTERN COMMAND…
  local status=0
  "${@:3}" >"$work/said" 2>&1 || status=$?
  [ "$status" = "$1" ] || { cat "$work/said" >&2; die "exit status $status, not $1: ${*:3}"; }
  grep -q -- "$2" "$work/said" || { cat "$work/said" >&2; die "no word of '$2': ${*:3}"; }
}

"$tomoscribe" model practice --out "$work/model" >/dev/null || die "no practice model"
"$tomoscribe" model info "$work/model" >/dev/null || die "the practice model is not a whole one"
refuses 1 'not an empty folder' "$tomoscribe" model practice --out "$work/model"
uid=$(small_study "$work/study")
order "$work/order.hl7" C1 P1 WOMBATACC15 "$uid" WOMBATID4711

# generate: a picture and a question; the same seed gives the same text; every answer is a text of the grammar.
ask() { "$tomoscribe" model generate "$work/model" --quiet --threads 1 --max-tokens 48 --prompt "What is this?" --images "$work/study/slice-0008.dcm" "$@"; }
ask --temperature 1 --seed 7 >"$work/a.txt"
ask --temperature 1 --seed 7 >"$work/b.txt"
cmp -s "$work/a.txt" "$work/b.txt" || die "the same seed gave another answer"
ask --temperature 1 --seed 8 >"$work/b.txt"
cmp -s "$work/a.txt" "$work/b.txt" && die "another seed gave the same answer"
printf 'start = "yes" | "no" | "perhaps, " [a-z ]{3,20} "." ;\n' >"$work/g"
for seed in 1 2 3 4 5; do
  ask --grammar "$work/g" --temperature 9 --seed $seed | grep -qxE 'yes|no|perhaps, [a-z ]{3,20}\.' || die "an answer out of the grammar"
done
ask --json --seed 1 | jq -e '.tokens[0].log_probability < 0 and (.lines[0].image_attention | length) == 9' >/dev/null || die "no evidence in the JSON"
printf 'start = "a' >"$work/g"
refuses 3 'line 1' ask --grammar "$work/g"
refuses 3 'neither PNG nor' "$tomoscribe" model generate "$work/model" --images "$work/g" --prompt x
refuses 3 'longest context is 131072' "$tomoscribe" model generate "$work/model" --prompt x --max-tokens 200000
refuses 2 'nothing to ask' "$tomoscribe" model generate "$work/model"

# report: proposals beside the measurements, labelled in every face that leaves; a second run is equal.
draft() { # OUT SEED
  "$tomoscribe" report "$work/study" --out "$1" --order "$work/order.hl7" --model "$work/model" --budget-tokens 3000 --temperature 1 --seed "$2" --threads 1 --quiet >/dev/null
}
for seed in 1 2 3 4 5 6 7 8; do
  draft "$work/out" $seed || die "no report with a model"
  proposals=$(jq '[.statements[] | select(.author == "model" and .verification.outcome == "unverified")] | length' "$work/out/report.json")
  [ "$proposals" = 0 ] || break
done
[ "$proposals" != 0 ] || die "in eight drafts the model proposed nothing"
draft "$work/again" $seed
for out in out again; do jq 'del(.created)' "$work/$out/report.json" >"$work/$out.json"; done
cmp -s "$work/out.json" "$work/again.json" || die "the same seed gave another report"
cmp -s "$work/out/model-draft.json" "$work/again/model-draft.json" || die "the same seed gave another draft"
jq -e '.provenance | .modelName == "model" and (.weightsChecksum | length) == 64 and (.options["model.record"] | length) == 64' "$work/out/report.json" >/dev/null ||
  die "the provenance does not name the model"
[ "$(sha256sum <"$work/out/model-draft.json" | cut -d' ' -f1)" = "$(jq -r '.provenance.options["model.record"]' "$work/out/report.json")" ] || die "the record is another"
jq -e '.claims[0] | .attention[0].share > 0 and (.attention[0].patient_mm | length) == 3 and .chosen_tokens > 0' "$work/out/model-draft.json" >/dev/null || die "no attention in the record"
grep -q 'AI, unverified' "$work/out/report.txt" && grep -q 'AI, unverified' "$work/out/report.html" && grep -q 'AI, unverified' "$work/out/oru.hl7" ||
  die "a face does not say that a model proposed it"
conformance=$here/../conformance
"$conformance/validate-fhir.mjs" --quiet "$work/out/fhir.json" >"$work/said" 2>&1 || { cat "$work/said" >&2; die "FHIR"; }
"$conformance/validate-hl7.mjs" --quiet "$work/out/oru.hl7" >"$work/said" 2>&1 || { cat "$work/said" >&2; die "HL7"; }
"$conformance/validate-sr.sh" --quiet "$work/out/sr.dcm" >"$work/said" 2>&1 || { cat "$work/said" >&2; die "SR"; }

# What the budget cut is no claim of the model's: left out, and said.
cut=0
for seed in 1 2 3 4 5 6 7 8; do
  "$tomoscribe" report "$work/study" --out "$work/cut" --model "$work/model" --budget-tokens 3000 --temperature 3 --seed $seed --threads 1 --answer-tokens 64 --quiet >/dev/null
  [ "$(jq -r .ended "$work/cut/model-draft.json")" = "by budget" ] || continue
  tr -s ' \n' ' ' <"$work/cut/report.txt" | says 'cut when its budget was used up' || die "the report does not say that the draft was cut"
  jq -e '(.tokens | map(select(.closing)) | .[0].begin) as $cut | all(.claims[]; .end <= $cut)' "$work/cut/model-draft.json" >/dev/null || die "a claim that the model did not finish"
  cut=$((cut + 1))
done
[ $cut -gt 0 ] || die "in eight drafts the budget cut none"

# A model that gives no draft leaves the measured report, which says so.
"$tomoscribe" report "$work/study" --out "$work/none" --model "$work/model" --budget-tokens 256 --quiet >/dev/null || die "no report without a draft"
grep -q 'the language model gave no draft' "$work/none/report.txt" || die "the report does not say that there is no draft"
# A folder that is no model is refused before anything is read.
mkdir "$work/broken"
cp "$work/model"/* "$work/broken"
truncate -s -2 "$work/broken/model.safetensors"
refuses 3 'model.safetensors' "$tomoscribe" report "$work/study" --out "$work/nothing" --model "$work/broken" --quiet
[ ! -e "$work/nothing/report.json" ] || die "a report of a broken model"
configure <<TOML
[model]
folder = "$work/broken"
TOML
refuses 1 'tomoscribe.toml:.*model.safetensors' "$tomoscribe" up --data "$work/data" --config "$work/tomoscribe.toml"

# The live service: the worker's draft holds what the model proposes; nothing of it stands in a log.
# At temperature 0: weights whose likeliest draft claims something.
for seed in 2 3 4 5 6 7 8 9 10 11 12 13 14; do
  rm -rf "$work/model"
  "$tomoscribe" model practice --out "$work/model" --seed $seed >/dev/null
  "$tomoscribe" report "$work/study" --out "$work/live" --model "$work/model" --budget-tokens 3000 --threads 1 --quiet >/dev/null
  [ "$(jq '[.statements[] | select(.author == "model")] | length' "$work/live/report.json")" = 0 ] || break
done
configure <<TOML
[worker]
threads = 1
[model]
folder = "$work/model"
budget_tokens = 3000
TOML
start_tomoscribe
stored MODALITY "$work"/study/*.dcm
until_true 120 version_is "$uid" "drafted 1" || die "no draft"
report=$(study "$uid" | jq -r .study.reportId)
api "$page/api/reports/$report/versions/1" >"$work/version.json"
record=$(jq -r '.version.provenance.options["model.record"] // .provenance.options["model.record"]' "$work/version.json")
[ ${#record} = 64 ] || die "the live draft does not name its record"
find "$work/data/store" -name "*${record:4}*" | grep -q . || die "the record is not in the store"
written=$(jq -r '.. | .statements? // empty | .[] | select(.author == "model") | .text' "$work/version.json" | grep -oE '[A-Za-z]{9,}' | head -n 20)
[ -n "$written" ] || die "the live draft holds nothing of the model's"
for words in $written; do
  if grep -qiF -- "$words" "$work/log.jsonl"; then die "words of the draft in a log"; fi
done
nothing_private
stop_tomoscribe
