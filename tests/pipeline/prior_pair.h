#pragma once
// One person, two scans 26 weeks apart, and findings as a detector would have measured them.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "pipeline/prior/compare.h"
#include "pipeline/prior/growth.h"
#include "pipeline/prior/rigid.h"
#include "pipeline/prior/search.h"
#include "pipeline/prior/tracking.h"
#include "reporting/narrative.h"
#include "tests/pipeline/chest_volume.h"

namespace tomoscribe::pipeline::prior {

using model::phantom::Course;
using model::phantom::Kind;
using model::phantom::Phantom;
using model::phantom::Side;
using reporting::Finding;

inline double distance_mm(const Vec3& one, const Vec3& other) {
  return std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

inline model::phantom::Settings settings(double weeks_before) {
  model::phantom::Settings s = tests::small_chest();
  s.columns = s.rows = 128;
  s.pixel_mm = 3.2;
  s.slices = 70;
  s.slice_mm = 5;
  s.seed = 7;
  s.nodule = false;
  s.findings = {{.kind = Kind::nodule,
                 .side = Side::left,
                 .size = 16,
                 .course = Course::changing,
                 .doubling_days = 150},
                {.kind = Kind::nodule, .side = Side::right, .size = 14},
                {.kind = Kind::nodule, .side = Side::right, .size = 12, .course = Course::appeared},
                {.kind = Kind::nodule, .side = Side::left, .size = 13, .course = Course::resolved}};
  s.weeks_before = weeks_before;
  s.scan = weeks_before > 0 ? 1 : 0;
  return s;
}

/// As the detector would have measured it, but with the painted numbers.
inline Finding nodule(const model::phantom::Truth& truth, int number) {
  const std::string id = "nodule." + std::to_string(number);
  Finding finding = measure::candidate_finding(
      id, "solid nodule " + std::to_string(number), measure::codes::nodule, measure::codes::lung,
      truth.side == "left" ? reporting::Laterality::left : reporting::Laterality::right);
  const double mm3 = 1000 * truth.volume_ml;
  finding.measurements = {{.id = id + ".diameter",
                           .name = "mean diameter",
                           .concept_name = measure::codes::diameter,
                           .value = truth.diameter_mm,
                           .unit = measure::codes::millimetre,
                           .decimals = 1,
                           .uncertainty = 0.5},
                          {.id = id + ".volume",
                           .name = "volume",
                           .concept_name = measure::codes::volume,
                           .value = mm3,
                           .unit = measure::codes::cubic_millimetre,
                           .uncertainty = 0.1 * mm3}};
  finding.evidence = {{.id = id + ".section",
                       .series = dicom::SeriesUid("1.2.3"),
                       .instance = dicom::SopInstanceUid("1.2.3.4"),
                       .image = 40 + number,
                       .point_mm = truth.centre_mm,
                       .frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.5")}};
  finding.tracking = dicom::TrackingUid(dicom::uid_from_name(truth.name + "|" + id));
  return finding;
}

inline measure::Findings nodules_of(const Phantom& phantom) {
  measure::Findings all;
  for (const auto& truth : phantom.truth)
    if (truth.kind == "nodule") all.push_back(nodule(truth, static_cast<int>(all.size()) + 1));
  return all;
}

inline reporting::Study study_of(const char* uid, std::chrono::year_month_day day) {
  reporting::Study study{.uid = dicom::StudyUid(uid)};
  study.patient.id = dicom::PatientId("P1");
  study.started = dicom::Moment{.utc = std::chrono::sys_days(day)};
  study.series = {{.uid = dicom::SeriesUid("1.2.3"),
                   .number = 3,
                   .used = true,
                   .health = reporting::SeriesHealth{.spacing_mm = 2.5,
                                                     .thickness_mm = 2.5,
                                                     .kernel = "STANDARD",
                                                     .kernel_class = "smooth"}}};
  return study;
}

inline constexpr std::chrono::year_month_day today{std::chrono::year{2025}, std::chrono::January,
                                                   std::chrono::day{15}};
inline constexpr std::chrono::year_month_day half_a_year_before{
    std::chrono::year{2024}, std::chrono::July, std::chrono::day{17}};

/// One person, two scans 26 weeks apart; the lungs of each are found once for all tests.
struct Scan {
  explicit Scan(double weeks_before)
      : phantom(model::phantom::thorax(settings(weeks_before))),
        volume(tests::chest_volume(phantom)),
        scene(measure::make_scene(volume)) {
    measure::Findings findings;
    for (const auto& step : measure::steps()) {
      step.run(scene, findings);
      if (std::string_view(step.name) == "airway") break;  // the labels of the native grid
    }
  }
  Phantom phantom;
  Volume volume;
  measure::Scene scene;
};

class Pair : public testing::Test {
 protected:
  static const Scan& now() {
    static const Scan scan(0);
    return scan;
  }
  static const Scan& then() {
    static const Scan scan(26);
    return scan;
  }

  static EarlierStudy earlier() {
    return {.study = study_of("1.2.1", half_a_year_before),
            .lungs = lung_image(then().scene),
            .findings = nodules_of(then().phantom),
            .lost = {}};
  }
  static reporting::ReportVersion compared(const EarlierStudy& with) {
    return compared(with, nodules_of(now().phantom));
  }
  static reporting::ReportVersion compared(const EarlierStudy& with, measure::Findings findings) {
    reporting::ReportVersion version{.report_id = "r", .study = study_of("1.2.2", today)};
    version.findings = std::move(findings);
    compare(with, now().scene, version);
    version.statements = reporting::compose_statements(version.study, {}, version.findings, {});
    EXPECT_THAT(reporting::faults(version), testing::IsEmpty());
    return version;
  }
  static const Finding& finding(const reporting::ReportVersion& version, const char* id) {
    const Finding* found = reporting::find_finding(version, id);
    if (found == nullptr) throw std::runtime_error(std::string("no finding ") + id);
    return *found;
  }
  static std::string comparison(const reporting::ReportVersion& version) {
    std::string text;
    for (const auto* one : reporting::statements_in(version, reporting::Section::comparison))
      text += one->text + "\n";
    return text;
  }
};

}  // namespace tomoscribe::pipeline::prior
