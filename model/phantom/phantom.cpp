#include "model/phantom/phantom.h"

#include <algorithm>
#include <stdexcept>

#include "model/phantom/detail/acquisition.h"

namespace tomoscribe::model::phantom {

namespace {

bool within(double value, double low, double high) {
  return value >= low && value <= high;
}

std::string_view name_of(BodyPart body) {
  constexpr std::array<std::string_view, 3> names{"thorax", "head", "abdomen"};
  return names[static_cast<std::size_t>(body)];
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw std::invalid_argument(sentence);
}

void check(const Settings& s, const Finding& finding) {
  const KindRow* row = row_of(s.body, finding.kind);
  if (row == nullptr)
    refuse("a phantom of the " + std::string(name_of(s.body)) + " has no finding of that kind");
  const std::string word(row->word);
  if (finding.size != 0 && !within(finding.size, row->least, row->most))
    refuse("a finding of kind " + word + " measures " + short_number(row->least) + " to " +
           short_number(row->most) + " " + std::string(row->unit));
  if (finding.side != Side::any && !row->sided)
    refuse("a finding of kind " + word + " has no side");
  if (finding.density != Density::usual && finding.kind != Kind::nodule)
    refuse("a finding of kind " + word + " has no density to choose");
  if (!finding.level.empty() && finding.kind != Kind::compression)
    refuse("a finding of kind " + word + " has no vertebral level");
  if (finding.course == Course::changing &&
      !(finding.doubling_days > 1 || finding.doubling_days < -1))
    refuse("a changing finding needs a doubling time of more than a day");
}

void check_scanner(const Settings& s) {
  if (!within(s.columns, 16, 4096) || !within(s.rows, 16, 4096))
    refuse("a phantom has 16 to 4096 columns and rows");
  if (!within(s.slices, 1, 4000)) refuse("a phantom has 1 to 4000 slices");
  if (!within(s.pixel_mm, 0.1, 10) || !within(s.slice_mm, 0.1, 20))
    refuse("voxels are 0.1 to 10 mm wide and 0.1 to 20 mm thick");
  if (s.thickness_mm != 0 && !within(s.thickness_mm, 0.1, 20))
    refuse("slices are 0.1 to 20 mm thick");
  if (!within(s.noise_hu, 0, 200)) refuse("noise is 0 to 200 HU");
  if (!within(s.tilt_degrees, -30, 30)) refuse("a gantry tilts by at most 30 degrees");
  if (!within(s.trabecular_hu, 20, 400)) refuse("trabecular bone has 20 to 400 HU");
  const Artefacts& a = s.artefacts;
  if (!within(a.noise_fall, 0, 0.9)) refuse("noise falls to the edge by 0 to 90 %");
  if (!within(a.cupping_hu, 0, 200) || !within(a.streak_hu, 0, 2000))
    refuse("cupping is 0 to 200 HU, streaks are 0 to 2000 HU");
  if (!within(a.motion_mm, 0, 20)) refuse("motion is 0 to 20 mm");
  if (s.padding_circle_mm < 0) refuse("the padding circle has no negative width");
}

}  // namespace

std::string short_number(double value) {
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

void check(const Settings& s) {
  check_scanner(s);
  if (!within(s.weeks_before, 0, 2000)) refuse("a prior is 0 to 2000 weeks old");
  if (!within(s.every_second_from, 0, s.slices))
    refuse("the spacing changes at a slice of the scan");
  if (s.nodule && !within(s.nodule_diameter_mm, 2, 40)) refuse("a nodule is 2 to 40 mm wide");
  if (s.lying != Lying::supine && s.body != BodyPart::thorax)
    refuse("only a thorax may lie otherwise than supine");
  if (s.findings.size() > 200) refuse("a phantom holds at most 200 findings");
  for (const Finding& finding : s.findings) check(s, finding);
}

Phantom make(const Settings& settings) {
  switch (settings.body) {
    case BodyPart::thorax: return thorax(settings);
    case BodyPart::head: return head(settings);
    case BodyPart::abdomen: return abdomen(settings);
  }
  refuse("a phantom is one of thorax, head, abdomen");
}

}  // namespace tomoscribe::model::phantom
