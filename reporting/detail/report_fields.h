#pragma once
// The fields of each type in the report's JSON: one describe() a type, for writing and for reading.

#include <type_traits>

#include "reporting/report.h"

namespace tomoscribe::reporting::detail {

// `x` is T& (reading) or const T& (writing); `io` is Reader or Writer.
template <class Io>
void describe(
    Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, dicom::PersonName> {
  io.field("family", x.family), io.field("given", x.given), io.field("middle", x.middle);
  io.field("prefix", x.prefix), io.field("suffix", x.suffix);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Code> {
  io.field("value", x.value), io.field("scheme", x.scheme), io.field("meaning", x.meaning);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Patient> {
  io.field("id", x.id), io.field("issuer", x.issuer), io.field("name", x.name);
  io.field("birthDate", x.birth_date), io.field("sex", x.sex);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Order> {
  io.field("placer", x.placer_number), io.field("filler", x.filler_number),
      io.field("accession", x.accession);
  io.field("study", x.study), io.field("patient", x.patient), io.field("procedure", x.procedure);
  io.field("indication", x.indication), io.field("history", x.history);
  io.field("orderingProvider", x.ordering_provider), io.field("priority", x.priority);
  io.field("assigningAuthority", x.assigning_authority), io.field("status", x.status);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, UseVerdict> {
  io.field("use", x.use), io.field("reason", x.reason);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, SeriesHealth> {
  io.field("images", x.images), io.field("columns", x.columns), io.field("rows", x.rows);
  io.field("pixelMm", x.pixel_mm), io.field("spacingMm", x.spacing_mm),
      io.field("jitterMm", x.jitter_mm);
  io.field("tiltDegrees", x.tilt_degrees), io.field("coverageMm", x.coverage_mm),
      io.field("thicknessMm", x.thickness_mm);
  io.field("gaps", x.gaps), io.field("resampled", x.resampled), io.field("kernel", x.kernel),
      io.field("kernelClass", x.kernel_class);
  io.field("kvp", x.kvp), io.field("contrast", x.contrast), io.field("lossy", x.lossy),
      io.field("verdicts", x.verdicts);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, SeriesUse> {
  io.field("uid", x.uid), io.field("number", x.number), io.field("modality", x.modality);
  io.field("description", x.description), io.field("instances", x.instances),
      io.field("used", x.used);
  io.field("reason", x.reason), io.field("health", x.health);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Study> {
  io.field("uid", x.uid), io.field("patient", x.patient), io.field("accession", x.accession);
  io.field("id", x.study_id), io.field("description", x.description);
  io.field("referringPhysician", x.referring_physician_pn), io.field("institution", x.institution);
  io.field("started", x.started), io.field("bodyPart", x.body_part),
      io.field("procedure", x.procedure);
  io.field("contrast", x.contrast), io.field("instances", x.instances),
      io.field("series", x.series);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Verification> {
  io.field("outcome", x.outcome), io.field("check", x.check), io.field("inputs", x.inputs);
  io.field("reason", x.reason);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Measurement> {
  io.field("id", x.id), io.field("name", x.name), io.field("concept", x.concept_name),
      io.field("value", x.value), io.field("unit", x.unit);
  io.field("decimals", x.decimals), io.field("uncertainty", x.uncertainty),
      io.field("lowerBound", x.lower_bound);
  io.field("method", x.method), io.field("conditions", x.conditions),
      io.field("notAssessed", x.not_assessed);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Region2D> {
  io.field("outline", x.outline);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Evidence> {
  io.field("id", x.id), io.field("series", x.series), io.field("instance", x.instance);
  io.field("sopClass", x.sop_class), io.field("frame", x.frame), io.field("image", x.image),
      io.field("regions", x.regions);
  io.field("pointMm", x.point_mm), io.field("frameOfReference", x.frame_of_reference),
      io.field("mask", x.mask);
  io.field("caption", x.caption);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Citation> {
  io.field("id", x.id), io.field("text", x.text), io.field("doi", x.doi),
      io.field("verified", x.verified);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Comparison> {
  io.field("study", x.study), io.field("outcome", x.outcome);
  io.field("measurements", x.measurements), io.field("evidence", x.evidence);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Finding> {
  io.field("id", x.id), io.field("title", x.title), io.field("tracking", x.tracking),
      io.field("observation", x.observation);
  io.field("site", x.site), io.field("laterality", x.laterality), io.field("presence", x.presence);
  io.field("notAssessed", x.not_assessed), io.field("measurements", x.measurements);
  io.field("evidence", x.evidence), io.field("citations", x.citations);
  io.field("comparison", x.comparison);
  io.field("recommendation", x.recommendation), io.field("author", x.author);
  io.field("verification", x.verification), io.field("critical", x.critical);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Statement> {
  io.field("id", x.id), io.field("section", x.section), io.field("language", x.language),
      io.field("text", x.text);
  io.field("findings", x.findings), io.field("author", x.author),
      io.field("verification", x.verification);
  io.field("replaces", x.replaces), io.field("removed", x.removed);
}
template <class Io>
void describe(Io& io, auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Person> {
  io.field("id", x.id), io.field("name", x.name), io.field("organisation", x.organisation);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Signature> {
  io.field("signer", x.signer), io.field("when", x.when);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, Provenance> {
  io.field("product", x.product), io.field("codeVersion", x.code_version),
      io.field("modelName", x.model_name);
  io.field("weightsChecksum", x.weights_checksum), io.field("seed", x.seed),
      io.field("options", x.options);
  io.field("steps", x.steps), io.field("inputs", x.inputs);
}
template <class Io>
void describe(Io& io,
              auto& x) requires std::is_same_v<std::remove_cvref_t<decltype(x)>, ReportVersion> {
  io.field("reportId", x.report_id), io.field("number", x.number), io.field("state", x.state);
  io.field("language", x.language), io.field("created", x.created),
      io.field("predecessor", x.predecessor);
  io.field("editedBy", x.edited_by), io.field("signature", x.signature), io.field("study", x.study);
  io.field("order", x.order), io.field("findings", x.findings),
      io.field("statements", x.statements);
  io.field("provenance", x.provenance);
}

}  // namespace tomoscribe::reporting::detail
