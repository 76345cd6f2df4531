#pragma once
// What a model was shown and wrote of the example report, for tests of the draft language.

#include <string>
#include <variant>

#include "reporting/draft_language.h"
#include "tests/support/example_report.h"

namespace tomoscribe::tests {

inline reporting::DraftContext chest_context() {
  return reporting::draft_context(
      example_draft(), {{.id = "V1", .columns = 512, .rows = 512, .words = "axial, both lungs"},
                        {.id = "V2", .columns = 512, .rows = 256, .words = "coronal, the middle"}});
}

/// Nothing measured, no order; the views of sizes that hold no box.
inline reporting::DraftContext head_context() {
  return {.parts = {reporting::BodyPart::head},
          .views = {{.id = "V1", .columns = 4, .rows = 512, .words = "axial"}, {.id = "V12"}}};
}

inline reporting::DraftContext abdomen_context() {
  reporting::Finding liver{
      .id = "liver",
      .title = "Liver",
      .tracking = dicom::TrackingUid(dicom::uid_from_name("tracking liver")),
      .observation = {"705057003", "SCT", "Presence"},
      .site = {"10200004", "SCT", "Liver"},
      .measurements = {example_measurement("liver.volume", 1512, {"118565006", "SCT", "Volume"},
                                           {"mL", "UCUM", "milliliter"})}};
  return {.parts = {reporting::BodyPart::abdomen},
          .views = {{.id = "V1", .columns = 64, .rows = 64, .words = "axial, liver"}},
          .measured = {liver}};
}

/// Two findings of which the second contradicts itself, an impression and an answer.
inline const std::string example_model_text =
    "finding: nodule | upper lobe | right | present | V1 [120,88,144,112] | "
    "A solid nodule lies in the right upper lobe, in a lung of {lung.volume.right}.\n"
    "finding: effusion | pleura | left | absent | V2 | "
    "There is no pleural effusion on the wrong right side.\n"
    "impression: lung cancer | The nodule should be followed, a tumour is possible.\n"
    "answer: unclear | The views do not explain the cough of this patient.\n"
    "end";

inline reporting::ReportVersion proposed_draft() {
  reporting::ReportVersion version = example_draft();
  version.provenance.model_name = "Pixtral-12B";
  version.statements = reporting::compose_statements(version.study, version.order, version.findings,
                                                     version.provenance);
  auto read = reporting::read_draft(example_model_text, chest_context());
  auto& proposals = std::get<reporting::Draft>(read).proposals;
  proposals.front().finding.evidence = {{.id = {},
                                         .series = dicom::SeriesUid("1.2.3.1"),
                                         .instance = dicom::SopInstanceUid("1.2.3.1.50"),
                                         .sop_class = "1.2.840.10008.5.1.4.1.1.2",
                                         .image = 50,
                                         .caption = "where the model points"}};
  proposals[1].finding.evidence = {{.id = {},
                                    .series = dicom::SeriesUid("1.2.3.1"),
                                    .instance = dicom::SopInstanceUid("1.2.3.1.4711"),
                                    .sop_class = "1.2.840.10008.5.1.4.1.1.2",
                                    .image = 4711}};
  reporting::add_proposals(version, proposals);
  return version;
}

}  // namespace tomoscribe::tests
