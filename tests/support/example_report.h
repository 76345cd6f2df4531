#pragma once
// A chest report with fictitious content, for tests of the faces.

#include <string>
#include <utility>
#include <vector>

#include "reporting/edit.h"
#include "reporting/narrative.h"
#include "reporting/report.h"

namespace tomoscribe::tests {

inline reporting::Measurement example_measurement(std::string id, std::optional<double> value,
                                                  reporting::Code concept_name,
                                                  reporting::Code unit, int decimals = 0) {
  reporting::Measurement measurement{.id = std::move(id),
                                     .concept_name = std::move(concept_name),
                                     .value = value,
                                     .unit = std::move(unit),
                                     .decimals = decimals,
                                     .method = "counted voxels"};
  if (value) {
    measurement.uncertainty = *value * 0.03;
    measurement.conditions = {"the whole lung is covered"};
  } else {
    measurement.not_assessed = "slices are 5 mm thick, more than 2.5 mm";
  }
  return measurement;
}

inline reporting::Finding example_lung(const char* side, reporting::Laterality laterality,
                                       double ml) {
  const std::string id = std::string("lungs.") + side;
  reporting::Finding finding{
      .id = id,
      .title = laterality == reporting::Laterality::left ? "Left lung" : "Right lung",
      .tracking = dicom::TrackingUid(dicom::uid_from_name("tracking " + id)),
      .observation = {"705057003", "SCT", "Presence"},
      .site = {"39607008", "SCT", "Lung"},
      .laterality = laterality};
  finding.measurements = {
      example_measurement(std::string("lung.volume.") + side, ml, {"118565006", "SCT", "Volume"},
                          {"mL", "UCUM", "milliliter"}),
      example_measurement(std::string("lung.laa950.") + side, std::nullopt,
                          {"118565006", "SCT", "Volume"}, {"%", "UCUM", "percent"}, 1)};
  finding.measurements[0].name = "aerated volume";
  finding.measurements[1].name = "emphysema index (share below -950 HU)";
  finding.evidence = {{.id = id + ".section",
                       .series = dicom::SeriesUid("1.2.3.1"),
                       .instance = dicom::SopInstanceUid("1.2.3.1.42"),
                       .sop_class = "1.2.840.10008.5.1.4.1.1.2",
                       .image = 42,
                       .regions = {{.outline = {{10, 10}, {60, 12}, {58, 80}, {12, 78}}}},
                       .point_mm = std::array{-60.0, 10.0, 120.0},
                       .frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.9"),
                       .caption = std::string("largest section of the ") + side + " lung"}};
  finding.verification = {.outcome = reporting::Outcome::verified,
                          .check = "measured-by-geometry",
                          .inputs = {"lung.volume." + std::string(side)}};
  return finding;
}

inline reporting::SeriesHealth example_health() {
  return {.images = 120,
          .columns = 512,
          .rows = 512,
          .pixel_mm = 0.7031,
          .spacing_mm = 1.0,
          .jitter_mm = 0.02,
          .tilt_degrees = 0,
          .coverage_mm = 121,
          .thickness_mm = 1.25,
          .kernel = "B70f",
          .kernel_class = "sharp",
          .kvp = 120,
          .verdicts = {{"volumes", ""}, {"low attenuation", "edge-enhancing kernel B70f"}}};
}

inline reporting::ReportVersion example_draft() {
  reporting::ReportVersion version{.report_id = dicom::uid_from_name("report|1.2.3"),
                                   .study = {.uid = dicom::StudyUid("1.2.3")}};
  version.study.patient = {.id = dicom::PatientId("PID-7"),
                           .issuer = "HOSP",
                           .name = {.family = "Doe", .given = "Jane"},
                           .birth_date = dicom::parse_date("19600102"),
                           .sex = "F"};
  version.study.accession = dicom::AccessionNumber("ACC-7");
  version.study.study_id = "S7";
  version.study.description = "Thorax";
  version.study.started = reporting::Moment::parse_iso("2026-01-02T10:20:30+01:00");
  version.study.series = {{.uid = dicom::SeriesUid("1.2.3.1"),
                           .number = 2,
                           .modality = "CT",
                           .description = "Lung 1.25",
                           .instances = 120,
                           .used = true,
                           .reason = "axial, 120 slices of 1.25 mm, kernel B70f: chosen",
                           .health = example_health()},
                          {.uid = dicom::SeriesUid("1.2.3.2"),
                           .number = 1,
                           .modality = "CT",
                           .description = "Topogram",
                           .instances = 1,
                           .reason = "localizer: not a volume"}};
  version.study.body_part = "chest";
  version.study.procedure = {"29252-4", "LN", "CT Chest WO contrast"};
  version.study.instances = 121;
  version.findings = {example_lung("right", reporting::Laterality::right, 2431),
                      example_lung("left", reporting::Laterality::left, 2105)};
  version.findings.push_back(
      {.id = "chest.nodules",
       .title = "lung nodules and masses",
       .tracking = dicom::TrackingUid(dicom::uid_from_name("tracking nodules")),
       .observation = {"27925004", "SCT", "Nodule"},
       .site = {"39607008", "SCT", "Lung"},
       .presence = reporting::Presence::not_assessed,
       .not_assessed = "no method of this version looks for it",
       .verification = {.outcome = reporting::Outcome::not_assessable, .check = "no-method"}});
  version.provenance.code_version = "0.1.0";
  version.provenance.steps = {"stacked by image position along the slice normal"};
  version.provenance.inputs = {dicom::sha256(std::string_view("slice"))};
  version.created = reporting::Moment::parse_iso("2026-01-02T10:25:00+01:00");
  version.order = reporting::Order{.placer_number = "PL-1",
                                   .filler_number = "FI-1",
                                   .accession = version.study.accession,
                                   .patient = version.study.patient,
                                   .procedure = {"CTCHWO", "99HOSP", "CT chest plain"},
                                   .indication = "Cough for six weeks",
                                   .history = "Smoker",
                                   .ordering_provider = "D1^Ord^Ann",
                                   .priority = "R",
                                   .assigning_authority = "HOSP",
                                   .status = "active"};
  version.statements = reporting::compose_statements(version.study, version.order, version.findings,
                                                     version.provenance);
  return version;
}

inline reporting::Person example_reader() {
  return {.id = "R1", .name = {.family = "Reader", .given = "Rosa"}, .organisation = "Radiology"};
}

inline reporting::ReportVersion example_final() {
  const auto later = reporting::Moment::parse_iso("2026-01-02T11:00:00+01:00");
  return reporting::signed_version(example_draft(), 2, example_reader(), later, false);
}

/// A person changed a sentence; nobody has signed.
inline reporting::ReportVersion example_preliminary() {
  return reporting::edited(
      example_draft(), 2, {{.section = reporting::Section::impression, .text = "Normal lungs."}},
      example_reader(), reporting::Moment::parse_iso("2026-01-02T10:50:00+01:00"));
}

/// Signed again after a change.
inline reporting::ReportVersion example_corrected() {
  const auto changed = reporting::edited(
      example_final(), 3,
      {{.section = reporting::Section::impression, .text = "Emphysema of both upper lobes."}},
      example_reader(), reporting::Moment::parse_iso("2026-01-03T09:00:00+01:00"));
  return reporting::signed_version(changed, 4, example_reader(),
                                   reporting::Moment::parse_iso("2026-01-03T09:05:00+01:00"), true);
}

/// The final report with another state: a version that follows it.
inline reporting::ReportVersion example_follower(reporting::ReportState state) {
  reporting::ReportVersion version = example_final();
  version.predecessor = version.number++;
  version.state = state;
  version.created = reporting::Moment::parse_iso("2026-01-04T08:00:00+01:00");
  return version;
}

/// One version of every state, by the state's name.
inline std::vector<std::pair<std::string, reporting::ReportVersion>> example_versions() {
  return {{"draft", example_draft()},
          {"preliminary", example_preliminary()},
          {"final", example_final()},
          {"corrected", example_corrected()},
          {"appended", example_follower(reporting::ReportState::appended)},
          {"withdrawn", example_follower(reporting::ReportState::withdrawn)}};
}

/// A draft with a finding and a sentence that were contradicted (both say "wrong lobe"), a find
/// that is absent, one that is critical, and a lung cut by the scan.
inline reporting::ReportVersion disputed_draft() {
  reporting::ReportVersion version = example_draft();
  version.findings[0].measurements[0].lower_bound = true;
  const auto add = [&](const char* id, const char* concept_value, const char* meaning) {
    reporting::Finding finding{
        .id = id,
        .tracking = dicom::TrackingUid(dicom::uid_from_name(std::string("tracking ") + id)),
        .observation = {concept_value, "SCT", meaning},
        .site = {"39607008", "SCT", "Lung"}};
    finding.author = reporting::Author::model;
    finding.verification = {.outcome = reporting::Outcome::consistent, .check = "seen"};
    version.findings.push_back(finding);
    return &version.findings.back();
  };
  add("chest.pneumothorax", "36118008", "Pneumothorax")->presence = reporting::Presence::absent;
  add("chest.embolism", "59282003", "Pulmonary embolism")->critical = true;
  reporting::Finding* wrong = add("chest.wrong", "4147007", "Mass in the wrong lobe");
  wrong->measurements = {example_measurement(
      "chest.wrong.lobe", 4711, {"118565006", "SCT", "Volume"}, {"mL", "UCUM", "milliliter"})};
  wrong->verification = {.outcome = reporting::Outcome::contradicted, .check = "side"};
  version.statements = reporting::compose_statements(version.study, version.order, version.findings,
                                                     version.provenance);
  version.statements.push_back(
      {.id = "only.wrong",
       .section = reporting::Section::recommendations,
       .text = "Biopsy of the wrong lobe.",
       .author = reporting::Author::model,
       .verification = {.outcome = reporting::Outcome::contradicted, .check = "side"}});
  return version;
}

/// Names and texts that try to break out of every format.
inline reporting::ReportVersion hostile_draft() {
  reporting::ReportVersion version = example_draft();
  version.study.patient.name =
      dicom::PersonName::parse_pn("<script>alert(1)</script>|O'H&ara^~\"\xe5\xb1\xb1\xe7\x94\xb0");
  version.study.description = "a|b^c&d~e\\f]]>--><!--";
  version.order->patient = version.study.patient;
  version.order->indication =
      "Pain\rOBX|1|TX|X||injected\nline two \x01\x02 <img src=x onerror=alert(1)> \xff\xfe ]]> " +
      std::string(500, 'w');
  version.statements = reporting::compose_statements(version.study, version.order, version.findings,
                                                     version.provenance);
  return version;
}

}  // namespace tomoscribe::tests
