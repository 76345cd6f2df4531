// Subcutaneous and visceral fat and muscle on one image through L3 (QUANTIFICATION A). One image
// stands for the whole body: Shen 2004 (J Appl Physiol 97:2333,
// doi 10.1152/japplphysiol.00744.2004); limits of density -190 to -30 and -29 to 150 HU.
#include <algorithm>
#include <cmath>

#include "pipeline/measure/abdomen/tissue_section.h"
#include "pipeline/measure/finding_parts.h"
#include "pipeline/measure/measure.h"
#include "reporting/knowledge/rules.h"

namespace tomoscribe::pipeline::measure {
namespace {

constexpr int third_lumbar = 22;  // Vertebra::number
constexpr int limit_hu = -30, shift_hu = 25;
constexpr double level_mm = 5;  // how far the middle of L3 may be off

/// An area with the half of its change when the limit moves by 25 HU, and the level by 5 mm.
struct Spread {
  double cm2 = 0, by_limit = 0, by_level = 0;
  double uncertainty(double own_share) const {
    return std::hypot(by_limit, by_level, own_share * cm2);
  }
};

struct Composition {
  Spread subcutaneous, visceral, muscle;
};

double half_range(std::initializer_list<double> values) {
  const auto [least, most] = std::minmax(values);
  return (most - least) / 2;
}

Composition composition_of(const Scene& scene, double middle, const TissueImage& image,
                           const TissueAreas& areas) {
  const TissueAreas fatter = tissue_areas(image, limit_hu + shift_hu);
  const TissueAreas leaner = tissue_areas(image, limit_hu - shift_hu);
  const TissueAreas above = tissue_areas(tissue_image(scene, middle + level_mm / working_mm));
  const TissueAreas below = tissue_areas(tissue_image(scene, middle - level_mm / working_mm));
  const auto spread = [&](double TissueAreas::*area) {
    return Spread{.cm2 = areas.*area,
                  .by_limit = half_range({fatter.*area, leaner.*area}),
                  .by_level = half_range({areas.*area, above.*area, below.*area})};
  };
  return {.subcutaneous = spread(&TissueAreas::subcutaneous_cm2),
          .visceral = spread(&TissueAreas::visceral_cm2),
          .muscle = spread(&TissueAreas::muscle_cm2)};
}

reporting::Measurement area(const char* id, const char* name, const Spread& spread,
                            double own_share, std::string method) {
  return {.id = id,
          .name = name,
          .concept_name = codes::area,
          .value = std::round(spread.cm2),
          .unit = codes::square_centimetre,
          .decimals = 0,
          .uncertainty = std::max(1.0, std::round(spread.uncertainty(own_share))),
          .method = std::move(method) +
                    "; uncertainty: the limit moved by 25 HU, the level by 5 mm, and the method's "
                    "own on phantoms",
          .conditions = {"level named by two landmarks", "the whole section is in the image"},
          .not_assessed = {},
          .lower_bound = false};
}

/// Muscle by the square of the height; only where the header states a plausible height.
void add_index(const Scene& scene, reporting::Finding& finding) {
  constexpr double least_m = 1.2, most_m = 2.3;
  const auto& height = scene.volume.header.patient_size_m;
  if (!height || *height < least_m || *height > most_m) return;
  const reporting::Measurement& muscle = finding.measurements.back();
  const double square = *height * *height;
  reporting::Measurement index = muscle;
  index.id = "composition.l3.muscle-index";
  index.name = "muscle at L3 by height squared";
  index.concept_name = codes::ratio;
  index.unit = {"cm2/m2", "UCUM", "square centimeter per square meter"};
  index.value = std::round(*muscle.value / square * 10) / 10;
  index.uncertainty = std::round(muscle.uncertainty.value_or(0) / square * 10) / 10;
  index.decimals = 1;
  index.method = "area of muscle over the square of the height that the images state";
  index.conditions = {"height " + number_text(*height, 2) + " m, as stated: flagged"};
  finding.measurements.push_back(std::move(index));
  const std::string& sex = scene.volume.header.study_header.patient_sex;
  if (sex != "M" && sex != "F") return;
  const auto& rule =
      reporting::knowledge::rule(sex == "M" ? "muscle.index-male" : "muscle.index-female");
  if (reporting::knowledge::reached(rule, finding.measurements.back()))
    reporting::knowledge::recommend(finding, rule);
}

/// Why it cannot be measured; empty when it can.
std::string refusal(const Scene& scene) {
  if (const auto may = scene.gates.allowed(gates::Use::fat); !may) return may.reason;
  if (!scene.spine.found()) return "no spine to find L3";
  if (!scene.vertebrae.named)
    return scene.vertebrae.reason.empty() ? "level uncertain" : scene.vertebrae.reason;
  return scene.vertebrae.find(third_lumbar) == nullptr
             ? "L3 is not whole in the scan, or too far from a landmark for counting"
             : "";
}

std::string why_not(const Scene& scene, const TissueImage& image, const TissueAreas& areas) {
  if (image.cut) return "the body is cut at the side of the image through L3";
  if (scene.gates.excludes(image.slice)) return "metal on the image through L3";
  if (areas.two_trunks) return "an arm lies against the trunk at L3";
  if (areas.muscle_cm2 < 10) return "no ring of muscle found at L3";
  return {};
}

}  // namespace

void body_composition(Scene& scene, Findings& findings) {
  if (!scene.shows(BodyRegion::abdomen)) return;
  const auto absent = [&](std::string reason) {
    findings.push_back(not_assessed_finding("composition.l3", "fat and muscle at L3",
                                            codes::presence, codes::abdomen, std::move(reason)));
  };
  if (auto reason = refusal(scene); !reason.empty()) return absent(std::move(reason));
  const double middle = scene.vertebrae.find(third_lumbar)->middle();
  const TissueImage image = tissue_image(scene, middle);
  const TissueAreas areas = tissue_areas(image, limit_hu);
  if (auto reason = why_not(scene, image, areas); !reason.empty()) return absent(std::move(reason));
  const Composition all = composition_of(scene, middle, image, areas);
  reporting::Finding finding = measured_finding(
      "composition.l3", "Fat and muscle at L3 (estimated)", codes::presence, codes::abdomen);
  finding.measurements.push_back(
      area("composition.l3.subcutaneous-fat", "subcutaneous fat", all.subcutaneous, 0.03,
           "-190 to -30 HU outside the muscles, whose ring is closed by 25 mm, on 5 mm through the "
           "middle of L3"));
  finding.measurements.push_back(
      area("composition.l3.visceral-fat", "visceral fat", all.visceral, 0.15,
           "-190 to -30 HU inside the wall and in front of the spinal canal, on 5 mm through the "
           "middle of L3; bowel contents of that density are counted"));
  finding.measurements.push_back(
      area("composition.l3.muscle", "muscle of wall, back and psoas", all.muscle, 0.1,
           "-29 to 150 HU: from the muscles' outer border to the first gap, behind the canal, and "
           "beside the vertebra, on 5 mm through the middle of L3; bowel against the wall may be "
           "counted"));
  add_index(scene, finding);
  const Vec3 point = scene.work.grid.point_mm(scene.work.grid.size[0] / 2.0,
                                              scene.work.grid.size[1] / 2.0, middle);
  finding.evidence.push_back(outlined_image(scene, image.slice, without_margin(image, areas.inside),
                                            point, "composition.l3.inside",
                                            "border between subcutaneous and inner parts at L3"));
  finding.evidence.push_back(outlined_image(scene, image.slice, without_margin(image, areas.muscle),
                                            point, "composition.l3.muscle",
                                            "muscle of wall, back and psoas at L3"));
  findings.push_back(std::move(finding));
}

}  // namespace tomoscribe::pipeline::measure
