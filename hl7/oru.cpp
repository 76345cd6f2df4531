#include <algorithm>
#include <array>
#include <stdexcept>

#include "hl7/order_message.h"
#include "reporting/faces.h"
#include "reporting/narrative.h"

namespace tomoscribe::hl7 {
namespace {

using reporting::ReportState;
using reporting::ReportVersion;

/// OBX-11 (HL7 table 0085). No default: an unmapped state must not compile.
std::string_view observation_status(ReportState state) {
  switch (state) {
    case ReportState::draft: return "R";
    case ReportState::preliminary: return "P";
    case ReportState::final:
    case ReportState::appended: return "F";
    case ReportState::corrected: return "C";
    case ReportState::withdrawn: return "W";
  }
  throw std::logic_error("unmapped report state");
}

/// OBR-25 (table 0123) has no word for a withdrawn report: the correction says so in its
/// observations.
std::string_view result_status(ReportState state) {
  return state == ReportState::withdrawn ? "C" : observation_status(state);
}

class Oru {
 public:
  Oru(const ReportVersion& version, const Route& route, std::string_view control_id)
      : version_(version) {
    message_.add("MSH")
        .set(1, "|")
        .set(2, "^~\\&")
        .set(3, route.sending_application)
        .set(4, route.sending_facility)
        .set(5, route.receiving_application)
        .set(6, route.receiving_facility)
        .set(7, version.created.dtm())
        .set(9, "ORU")
        .set(9, "R01", 2)
        .set(9, "ORU_R01", 3)
        .set(10, control_id.substr(0, 20))
        .set(11, "P")
        .set(12, "2.5.1")
        .set(15, "AL")
        .set(16, "NE")
        .set(18, "UNICODE UTF-8");
  }

  std::string encode() {
    add_patient();
    add_order();
    add_request();
    add_label();
    for (const reporting::Section section : reporting::all_sections) add_section(section);
    add_study();
    int finding_number = 0;
    for (const reporting::Finding& finding : version_.findings)
      if (reporting::is_outgoing(version_, finding)) add_finding(finding, ++finding_number);
    return message_.encode();
  }

 private:
  /// The images' patient, as in every other face; an order of another patient is never joined.
  const reporting::Patient& patient() const { return version_.study.patient; }
  /// Where the images do not say who gave the id, their order does.
  std::string authority() const {
    if (!patient().issuer.empty() || !version_.order)
      return patient().issuer.empty() ? "UNKNOWN" : patient().issuer;
    const reporting::Order& order = *version_.order;
    const std::string& given =
        order.patient.issuer.empty() ? order.assigning_authority : order.patient.issuer;
    return given.empty() ? "UNKNOWN" : given;
  }

  void add_patient() {
    Segment& pid = message_.add("PID");
    pid.set(1, "1").set(3, patient().id.str()).set(3, authority(), 4).set(3, "MR", 5);
    const dicom::PersonName& name = patient().name;
    // PID-5 is required; a study without a name is no reason to withhold its report.
    pid.set(5, name.family.empty() && name.given.empty() ? "UNKNOWN" : name.family)
        .set(5, name.given, 2)
        .set(5, name.middle, 3)
        .set(5, name.suffix, 4)
        .set(5, name.prefix, 5);
    std::string birth_date = patient().birth_date ? dicom::iso_date(*patient().birth_date) : "";
    std::erase(birth_date, '-');
    pid.set(7, birth_date).set(8, patient().sex);
  }

  std::string placer() const { return version_.order ? version_.order->placer_number : ""; }
  std::string filler() const {
    if (version_.order && !version_.order->filler_number.empty())
      return version_.order->filler_number;
    return version_.study.accession.empty() ? version_.study.uid.str()
                                            : version_.study.accession.str();
  }

  void add_order() {
    message_.add("ORC")
        .set(1, "RE")
        .set(2, placer())
        .set(3, filler())
        .set(5, reporting::is_signed(version_.state) ? "CM" : "IP");
  }

  void add_request() {
    Segment& obr = message_.add("OBR");
    const Code& done = version_.study.procedure;
    const Code local = version_.order ? version_.order->procedure : Code{};
    obr.set(1, "1").set(2, placer()).set(3, filler());
    obr.set(4, done.empty() ? "25045-6" : done.value)
        .set(4, done.empty() ? "CT unspecified body region" : done.meaning, 2)
        .set(4, "LN", 3);
    if (!local.value.empty())
      obr.set(4, local.value, 4)
          .set(4, local.meaning, 5)
          .set(4, local.scheme.empty() ? "L" : local.scheme, 6);
    obr.set(7, version_.study.started ? version_.study.started->dtm() : version_.created.dtm());
    if (version_.order) set_person(obr, 16, version_.order->ordering_provider);
    obr.set(18, version_.study.accession.str())
        .set(22, version_.created.dtm())
        .set(24, "CT")
        .set(25, result_status(version_.state));
    if (version_.order && !version_.order->indication.empty())
      obr.set(31, version_.order->indication, 2);
    if (version_.signature) {
      const reporting::Person& signer = version_.signature->signer;
      obr.set(32, signer.id, 1, 1)
          .set(32, signer.name.family, 1, 2)
          .set(32, signer.name.given, 1, 3);
      obr.set(32, version_.signature->when.dtm(), 2);
    }
  }

  using Code = reporting::Code;

  static void set_person(Segment& segment, int field, std::string_view caret_text) {
    for (int component = 1; component <= 3; ++component) {
      const std::size_t caret = caret_text.find('^');
      segment.set(field, caret_text.substr(0, caret), component);
      if (caret == std::string_view::npos) return;
      caret_text.remove_prefix(caret + 1);
    }
  }

  Segment& add_observation(std::string_view type, const Code& what, std::string_view sub_id) {
    return add_observation(type, what, sub_id, observation_status(version_.state));
  }
  Segment& add_observation(std::string_view type, const Code& what, std::string_view sub_id,
                           std::string_view status) {
    Segment& obx = message_.add("OBX");
    obx.set(1, std::to_string(++observations_))
        .set(2, type)
        .set(3, what.value)
        .set(3, what.meaning, 2)
        .set(3, what.scheme, 3)
        .set(4, sub_id);
    obx.set(11, status).set(14, version_.created.dtm());
    obx.set(18, version_.provenance.product).set(18, version_.provenance.code_version, 2);
    return obx;
  }

  void add_label() {
    add_observation("TX", {"77599-9", "LN", "Additional documentation"}, "0")
        .set(5, reporting::ai_label(version_));
  }

  void add_section(reporting::Section section) {
    const std::string text = reporting::section_text(version_, section);
    if (!text.empty()) add_observation("FT", reporting::loinc(section), "1").set(5, text);
  }

  void add_study() {
    add_observation("ST", {"110180", "DCM", "Study Instance UID"}, "1")
        .set(5, version_.study.uid.str());
  }

  /// Rows of one group, OBX-4: the finding, whether it is there, where, and what was measured. What
  /// was not assessed is X ("cannot be obtained"), so that no reader takes the code alone for a
  /// find.
  void add_finding(const reporting::Finding& finding, int number) {
    const std::string group = std::to_string(number);
    const bool assessed = finding.presence != reporting::Presence::not_assessed;
    const std::string_view status = assessed || version_.state == ReportState::withdrawn
                                        ? observation_status(version_.state)
                                        : "X";
    const auto add = [&](const Code& row) -> Segment& {
      Segment& obx = add_observation("CWE", row, group, status);
      if (finding.author == reporting::Author::model)
        obx.set(17, "AI")
            .set(17, "proposed by AI, " + std::string(to_text(finding.verification.outcome)), 2)
            .set(17, "L", 3);
      return obx;
    };
    Segment& what = add({"121071", "DCM", "Finding"});
    set_code(what, finding.observation);
    if (finding.critical) what.set(8, "AA");  // table 0078: very abnormal
    Segment& presence = add({"705057003", "SCT", "Presence"});
    set_code(presence, reporting::presence_code(finding.presence));
    if (!finding.site.empty()) {
      const std::string side(to_text(finding.laterality));
      Segment& site = add({"363698007", "SCT", "Finding Site"});
      set_code(site, finding.site);
      if (!side.empty()) site.set(5, side + " " + finding.site.meaning, 9);
    }
    if (!finding.not_assessed.empty())
      add_observation("TX", {"121106", "DCM", "Comment"}, group)
          .set(5, "Not assessed: " + finding.not_assessed);
    int row = 0;
    for (const reporting::Measurement& measurement : finding.measurements)
      if (measurement.value) add_measurement(measurement, group + "." + std::to_string(++row));
  }

  static void set_code(Segment& obx, const Code& code) {
    obx.set(5, code.value).set(5, code.meaning, 2).set(5, code.scheme, 3);
  }

  /// A lower bound is a structured number (SN, ">="): a bare NM would be read as the value.
  void add_measurement(const reporting::Measurement& measurement, const std::string& sub_id) {
    reporting::Measurement bare = measurement;  // the number alone: the unit has a field of its own
    bare.unit = {};
    bare.lower_bound = false;
    Segment& obx =
        add_observation(measurement.lower_bound ? "SN" : "NM", measurement.concept_name, sub_id);
    if (measurement.lower_bound) {
      obx.set(5, ">=").set(5, value_text(bare), 2);
    } else {
      obx.set(5, value_text(bare));
    }
    obx.set(6, measurement.unit.value).set(6, measurement.unit.meaning, 2).set(6, "UCUM", 3);
    obx.set(17, measurement.id)
        .set(17, measurement.lower_bound ? "lower bound: cut by the scan" : "measured by geometry",
             2)
        .set(17, "L", 3);
  }

  const ReportVersion& version_;
  Message message_;
  int observations_ = 0;
};

}  // namespace

std::string to_oru(const reporting::ReportVersion& version, const Route& route,
                   std::string_view control_id) {
  return Oru(version, route, control_id).encode();
}

}  // namespace tomoscribe::hl7
