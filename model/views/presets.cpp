#include "model/views/presets.h"

namespace tomoscribe::model {

namespace {

constexpr Projection mean = Projection::mean;

const Channel lung{"lung", -1350, 150, mean}, wide{"wide", -1024, 1024, mean},
    soft{"soft tissue", -160, 240, mean}, bone{"bone", -450, 1050, mean},
    narrow{"parenchyma and blood", -20, 180, mean}, brain{"brain", 0, 80, mean};

}  // namespace

const char* name_of(Projection projection) {
  switch (projection) {
    case Projection::mean: return "mean";
    case Projection::maximum: return "maximum";
    case Projection::minimum: return "minimum";
  }
  return "";
}

const std::vector<WindowPreset>& standard_presets() {
  static const std::vector<WindowPreset> presets{
      {"chest", lung, soft, bone},
      {"lung_slab",
       {"lung, brightest", -1350, 150, Projection::maximum},
       lung,
       {"air, darkest", -1050, -650, Projection::minimum}},
      {"head", wide, brain, narrow},
      {"stroke", {"grey and white matter", 15, 55, mean}, brain, narrow},
      {"body", wide, soft, narrow},
      {"vessels", {"vessels, brightest", 0, 500, Projection::maximum}, soft, bone},
      {"bone", bone, {"bone, brightest", -500, 1500, Projection::maximum}, soft},
      {"medgemma", wide, {"soft tissue", -135, 215, mean}, brain},
  };
  return presets;
}

}  // namespace tomoscribe::model
