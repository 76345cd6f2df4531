// The geometry health card of a series in words: one table for every face.
#include <array>
#include <cmath>
#include <cstdio>

#include "reporting/faces.h"

namespace tomoscribe::reporting {
namespace {

/// "2.5", "0.625": no more than `decimals`, without zeros at the end.
std::string number(double value, int decimals) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string shown = text.data();
  if (shown.find('.') == std::string::npos) return shown;
  while (shown.back() == '0') shown.pop_back();
  if (shown.back() == '.') shown.pop_back();
  return shown;
}

std::string slices_text(const SeriesHealth& health) {
  const std::string apart = number(health.spacing_mm, 3) + " mm apart";
  if (!health.thickness_mm) return apart + ", thickness not stated";
  const double more_mm = *health.thickness_mm - health.spacing_mm;
  const bool differ = std::abs(more_mm) > 0.05 + 0.02 * health.spacing_mm;
  return number(*health.thickness_mm, 3) + " mm thick, " + apart +
         (!differ       ? ""
          : more_mm > 0 ? " (overlapping)"
                        : " (with gaps between them)");
}

std::string joined(const std::vector<std::string>& clauses) {
  std::string text;
  for (const std::string& clause : clauses) text += (text.empty() ? "" : "; ") + clause;
  return text;
}

std::string upper_first(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

std::vector<HealthRow> health_rows(const SeriesHealth& health) {
  std::vector<HealthRow> rows;
  rows.reserve(10 + health.verdicts.size());
  rows.push_back({"Images", std::to_string(health.images) + " of " +
                                std::to_string(health.columns) + " x " +
                                std::to_string(health.rows) + " pixels of " +
                                number(health.pixel_mm, 3) + " mm"});
  rows.push_back({"Slices", slices_text(health)});
  rows.push_back({"Missing slices", health.gaps.empty() ? "none" : joined(health.gaps)});
  if (health.jitter_mm > 0.01 || health.resampled)
    rows.push_back({"Spacing", "varies by " + number(health.jitter_mm, 2) + " mm" +
                                   (health.resampled ? ", resampled to equal slices" : "")});
  if (health.tilt_degrees > 0.5)
    rows.push_back({"Gantry tilt", number(health.tilt_degrees, 1) + " degrees"});
  rows.push_back({"Covered", number(health.coverage_mm, 0) + " mm"});
  rows.push_back({"Kernel", health.kernel.empty() ? "not named, " + health.kernel_class
                                                  : health.kernel + ", " + health.kernel_class});
  rows.push_back({"Tube voltage", health.kvp ? number(*health.kvp, 0) + " kV" : "not stated"});
  rows.push_back({"Contrast agent", health.contrast.empty() ? "none named" : health.contrast});
  if (health.lossy) rows.push_back({"Compression", "with loss"});
  for (const UseVerdict& verdict : health.verdicts)
    rows.push_back({upper_first(verdict.use), verdict.reason.empty()
                                                  ? "may be measured"
                                                  : "not measured (" + verdict.reason + ")"});
  return rows;
}

}  // namespace tomoscribe::reporting
