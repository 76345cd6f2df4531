#include <cmath>

#include "tests/page/fake_gateway.h"

namespace tomoscribe::page_test {

using namespace reporting;  // NOLINT(google-build-using-namespace): a test's own file

namespace {

Region2D ellipse(double cx, double cy, double rx, double ry) {
  Region2D region;
  for (int i = 0; i < 48; ++i) {
    const double angle = 2 * M_PI * i / 48;
    region.outline.push_back({cx + rx * std::cos(angle), cy + ry * std::sin(angle)});
  }
  return region;
}

Measurement measured(const std::string& id, const Code& what, double value, const Code& unit,
                     int decimals, double uncertainty, const std::string& method) {
  return {.id = id,
          .concept_name = what,
          .value = value,
          .unit = unit,
          .decimals = decimals,
          .uncertainty = uncertainty,
          .method = method,
          .conditions = {"slice thickness 5.0 mm <= 5.0 mm", "both lungs inside the volume"}};
}

struct Sentence {
  const char* id;
  Section section;
  const char* text;
  std::vector<std::string> findings;
  Author author;
  Outcome outcome;
  const char* reason;
  const char* check = "test";
};

class Draft {
 public:
  explicit Draft(const TestSeries& series)
      : series_(series), version_{.study = {.uid = series.study}} {}
  ReportVersion make();

 private:
  Evidence evidence(const std::string& id, double height, const Region2D& region,
                    const std::string& caption) {
    const auto k =
        static_cast<std::size_t>(height * static_cast<double>(series_.instances.size() - 1));
    return {.id = id,
            .series = series_.series,
            .instance = series_.instances.at(k),
            .sop_class = "1.2.840.10008.5.1.4.1.1.2",
            .image = static_cast<int>(k) + 1,
            .regions = {region},
            .caption = caption};
  }
  void finding(const std::string& id, const Code& what, const Code& site, Laterality side,
               std::vector<Measurement> measurements, Evidence where, Author author,
               Outcome outcome) {
    version_.findings.push_back(
        {.id = id,
         .tracking = dicom::TrackingUid(dicom::uid_from_name("page test " + id)),
         .observation = what,
         .site = site,
         .laterality = side,
         .measurements = std::move(measurements),
         .evidence = {std::move(where)},
         .author = author,
         .verification = {.outcome = outcome}});
  }
  void describe_study();
  void find();
  void write(const std::vector<Sentence>& sentences);

  const TestSeries& series_;
  ReportVersion version_;
};

void Draft::describe_study() {
  Study& study = version_.study;
  study.patient = {.id = dicom::PatientId("PHANTOM-7"),
                   .issuer = {},
                   .name = dicom::PersonName::parse_pn("<script>alert(1)</script>^Phantom"),
                   .birth_date = dicom::parse_date("19560204"),
                   .sex = "O"};
  study.accession = dicom::AccessionNumber("PHANTOM-7");
  study.description = "CT chest <b>without</b> contrast";
  study.started = Moment::parse_iso("2026-11-24T10:15:00+01:00");
  study.body_part = "chest";
  study.procedure = {"24627-2", "LN", "CT Chest"};
  study.instances = static_cast<int>(series_.instances.size()) + 1;
  study.series = {
      {series_.series, 2, "CT", "Thorax 5.0 (phantom)", static_cast<int>(series_.instances.size()),
       true, "5.0 mm axial, soft kernel: chosen, the only complete volume"},
      {dicom::SeriesUid("2.25.99"), 1, "CT", "Scout", 1, false, "localizer: not a volume"}};
}

void Draft::find() {
  const Code volume{"118565006", "SCT", "Volume"}, ml{"mL", "UCUM", "milliliter"};
  const Code diameter{"81827009", "SCT", "Diameter"}, mm{"mm", "UCUM", "millimeter"};
  const Code lung{"39607008", "SCT", "Lung"};
  finding("lungs.right", volume, lung, Laterality::right,
          {measured("lung.volume.right", volume, 2431, ml, 0, 45,
                    "voxels below -320 HU inside the body, airways removed; +-1 voxel of surface")},
          evidence("e1", 0.5, ellipse(79, 128, 42, 59), "largest right-lung section"),
          Author::geometry, Outcome::verified);
  finding("lungs.left", volume, lung, Laterality::left,
          {measured("lung.volume.left", volume, 2185, ml, 0, 41,
                    "voxels below -320 HU inside the body, airways removed; +-1 voxel of surface")},
          evidence("e2", 0.4, ellipse(177, 128, 41, 57), "largest left-lung section"),
          Author::geometry, Outcome::verified);
  finding("nodule.1", {"427359005", "SCT", "Solitary pulmonary nodule"}, lung, Laterality::right,
          {measured("nodule.1.diameter", diameter, 15.8, mm, 1, 1.4,
                    "mean of longest and shortest axis in the slice")},
          evidence("e3", 0.5, ellipse(92, 107.5, 8, 8), "nodule, right lung"), Author::model,
          Outcome::consistent);
  finding("effusion", {"60046008", "SCT", "Pleural effusion"}, lung, Laterality::left,
          {{.id = "effusion.depth",
            .concept_name = {"131197000", "SCT", "Depth"},
            .unit = mm,
            .not_assessed = "no fluid larger than the slice thickness"}},
          evidence("e4", 0.1, ellipse(177, 160, 20, 14), "left costophrenic angle"), Author::model,
          Outcome::contradicted);
  version_.findings.at(0).title = "Right lung";
  version_.findings.at(0).measurements.at(0).name = "aerated volume";
  version_.findings.at(2).critical = true;
}

void Draft::write(const std::vector<Sentence>& sentences) {
  for (const Sentence& s : sentences)
    version_.statements.push_back(
        {.id = s.id,
         .section = s.section,
         .text = s.text,
         .findings = s.findings,
         .author = s.author,
         .verification = {.outcome = s.outcome, .check = s.check, .reason = s.reason}});
}

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Sentence> sentences() {
  const auto geometry = Author::geometry, model = Author::model;
  return {{"s1",
           Section::examination,
           "CT of the chest without contrast, 24 November 2026.",
           {},
           geometry,
           Outcome::consistent,
           "",
           "copied-from-image-headers"},
          {"s2",
           Section::indication,
           "Persistent cough; <img src=x onerror=alert(2)> smoker.",
           {},
           geometry,
           Outcome::consistent,
           "",
           "quoted-from-the-order"},
          {"s3",
           Section::technique,
           "One axial series of 5.0 mm slices was measured.",
           {},
           geometry,
           Outcome::verified,
           "",
           "stated-by-the-program"},
          {"s4",
           Section::findings,
           "The right lung has a volume of 2431 mL (± 45).",
           {"lungs.right"},
           geometry,
           Outcome::verified,
           "Measured by geometry on the slices shown."},
          {"s5",
           Section::findings,
           "The left lung has a volume of 2185 mL (± 41).",
           {"lungs.left"},
           geometry,
           Outcome::verified,
           "Measured by geometry on the slices shown."},
          {"s6",
           Section::findings,
           "There is a solid nodule of 15.8 mm (± 1.4) in the right lung.",
           {"nodule.1"},
           model,
           Outcome::consistent,
           "A dense spot lies where the model points; nothing speaks against it."},
          {"s7",
           Section::findings,
           "There is a small effusion on the left.",
           {"effusion"},
           model,
           Outcome::contradicted,
           "No fluid larger than the slice thickness was measured on the left."},
          {"s8",
           Section::findings,
           "No enlarged mediastinal lymph nodes.",
           {},
           model,
           Outcome::unverified,
           "No check covers this sentence."},
          {"s9",
           Section::findings,
           "The coronary arteries were not assessed.",
           {},
           geometry,
           Outcome::not_assessable,
           "The slices are thicker than 3 mm."},
          {"s10",
           Section::impression,
           "Solid nodule in the right lung; lungs of ordinary volume.",
           {"nodule.1", "lungs.right", "lungs.left"},
           model,
           Outcome::consistent,
           ""},
          {"s11",
           Section::limitations,
           "Measured findings only where a slice thickness of 5 mm allows.",
           {},
           geometry,
           Outcome::verified,
           "",
           "stated-by-the-program"},
          {"s12",
           Section::limitations,
           "This draft has not been read by anybody.",
           {},
           geometry,
           Outcome::verified,
           "",
           "about-the-draft"}};
}

ReportVersion Draft::make() {
  version_.report_id = dicom::uid_from_name("report|" + series_.study.str());
  version_.created = Moment::parse_iso("2026-11-24T10:19:30+01:00");
  version_.provenance = {.code_version = "0.1.0", .steps = {"resampled to 1 mm"}};
  describe_study();
  find();
  write(sentences());
  return version_;
}

}  // namespace

ReportVersion test_report(const TestSeries& series) {
  return Draft(series).make();
}

}  // namespace tomoscribe::page_test
