#include "model/phantom/detail/acquisition.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include "model/phantom/detail/artefacts.h"
#include "model/phantom/detail/field.h"
#include "model/phantom/detail/finding_book.h"
#include "model/phantom/detail/layer_stack.h"
#include "model/phantom/detail/tally.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr double degree = 3.14159265358979323846 / 180;
constexpr double layer_at_most_mm = 1.25;
constexpr float padding_hu = -1024;

std::uint64_t noise_seed(const Settings& s) {
  return s.scan == 0 ? s.seed : mixed(s.seed ^ mixed(s.scan));
}

double noise_sd(const Settings& s) {
  constexpr double sharp = 2.2;  // about what a lung kernel does to a body kernel's noise
  return s.kernel == Kernel::sharp ? s.noise_hu * sharp : s.noise_hu;
}

Point pose_of(const Settings& s) {
  if (s.scan == 0) return {};
  Counter random(s.seed ^ mixed(s.scan), 70);
  return {random.between(-5, 5), random.between(-3, 3), random.between(-4, 4)};
}

/// The reconstruction kernel: what it does to edges and how it colours noise.
class Reconstruction {
 public:
  explicit Reconstruction(const Settings& s)
      : sharp_(s.kernel == Kernel::sharp),
        columns_(s.columns),
        rows_(s.rows),
        point_spread_(s.columns, s.rows, (sharp_ ? 0.42 : 0.55) / s.pixel_mm),
        fine_(s.columns, s.rows, (sharp_ ? 0.4 : 0.6) / s.pixel_mm),
        coarse_(s.columns, s.rows, 1.1 / s.pixel_mm),
        noise_(static_cast<std::size_t>(s.columns) * static_cast<std::size_t>(s.rows)),
        shares_(noise_shares(s)),
        seed_(noise_seed(s)),
        gain_(sharp_ ? gain_of_difference(s.pixel_mm) : fine_.noise_gain()),
        sd_(noise_sd(s)) {}
  void blur(std::vector<float>& hu) { point_spread_.apply(hu); }
  /// Overshoot beside edges; nothing for the smooth kernel.
  void sharpen(std::vector<float>& hu) {
    if (!sharp_) return;
    blurred_ = hu;
    coarse_.apply(blurred_);
    for (std::size_t i = 0; i < hu.size(); ++i) hu[i] += edge_gain * (hu[i] - blurred_[i]);
  }
  void add_noise(const std::vector<float>& hu, int slice, std::int16_t* out) {
    white_noise(noise_, seed_, 60, slice);
    if (sharp_) blurred_ = noise_;
    fine_.apply(noise_);
    if (sharp_) {
      coarse_.apply(blurred_);
      for (std::size_t i = 0; i < noise_.size(); ++i) noise_[i] -= low_share * blurred_[i];
    }
    const auto scale = static_cast<float>(sd_ / gain_);
    for (std::size_t i = 0; i < shares_.size(); ++i) noise_[i] *= shares_[i];
    for (std::size_t i = 0; i < hu.size(); ++i) {
      const float value = std::clamp(hu[i] + scale * noise_[i], -1024.0F, 3071.0F);
      out[i] = static_cast<std::int16_t>(static_cast<int>(value + 4096.5F) - 4096);
    }
  }

 private:
  static constexpr float edge_gain = 0.9F, low_share = 0.75F;

  /// SD that white noise of SD 1 keeps, from what the filter makes of one pixel.
  static double gain_of_difference(double pixel_mm) {
    const int size = 2 * static_cast<int>(8 / pixel_mm) + 9;
    std::vector<float> one(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
    one[one.size() / 2] = 1;
    std::vector<float> wide = one;
    Blur(size, size, 0.4 / pixel_mm).apply(one);
    Blur(size, size, 1.1 / pixel_mm).apply(wide);
    double squares = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
      const auto value = static_cast<double>(one[i] - low_share * wide[i]);
      squares += value * value;
    }
    return std::sqrt(squares);
  }

  bool sharp_;
  int columns_, rows_;
  Blur point_spread_, fine_, coarse_;
  std::vector<float> noise_, blurred_, shares_;
  std::uint64_t seed_;
  double gain_, sd_;
};

void pad(const Settings& s, std::int16_t* out) {
  if (s.padding_circle_mm <= 0) return;
  const double radius = s.padding_circle_mm / 2 / s.pixel_mm;
  for (int row = 0; row < s.rows; ++row)
    for (int column = 0; column < s.columns; ++column) {
      const double x = column - (s.columns - 1) / 2.0, y = row - (s.rows - 1) / 2.0;
      if (x * x + y * y > radius * radius)
        out[static_cast<std::size_t>(row) * static_cast<std::size_t>(s.columns) +
            static_cast<std::size_t>(column)] = static_cast<std::int16_t>(padding_hu);
    }
}

/// 2^x.
double power_of_two(double x) {
  constexpr double ln2 = 0.69314718055994530942;
  return x > 0 ? 1 / exponential_of_minus(x * ln2) : exponential_of_minus(-x * ln2);
}

}  // namespace

Frame frame_of(const Settings& s, const std::array<double, 3>& centre_mm) {
  Frame frame;
  frame.pose_mm = pose_of(s);
  frame.first_x = centre_mm[0] - (s.columns - 1) * s.pixel_mm / 2 - frame.pose_mm.x;
  frame.first_y = centre_mm[1] - (s.rows - 1) * s.pixel_mm / 2 - frame.pose_mm.y;
  frame.first_z = centre_mm[2] - (s.slices - 1) * s.slice_mm / 2 - frame.pose_mm.z;
  frame.low_z = frame.first_z;
  frame.high_z = frame.first_z + (s.slices - 1) * s.slice_mm;
  const bool layered = s.thickness_mm > 0 || s.tilt_degrees != 0;
  frame.thickness_mm = layered ? (s.thickness_mm > 0 ? s.thickness_mm : s.slice_mm) : 0;
  if (layered) {
    const double wanted = std::min(layer_at_most_mm, frame.thickness_mm);
    while (s.slice_mm / frame.layers_per_slice > wanted * 1.000001) ++frame.layers_per_slice;
  }
  frame.layer_mm = s.slice_mm / frame.layers_per_slice;
  return frame;
}

Phantom acquire(const Settings& settings, const Plan& plan, const Painter& paint) {
  if (plan.findings.size() > 255)
    throw std::invalid_argument("a phantom holds at most 255 findings");
  const Frame frame = frame_of(settings, plan.centre_mm);
  Phantom phantom;
  phantom.settings = settings;
  const double tilt = settings.tilt_degrees * degree;
  if (tilt != 0) phantom.row_step = {0, cosine(tilt), sine(tilt)};
  const double half_height = (settings.rows - 1) * settings.pixel_mm / 2;
  phantom.first_voxel_mm = {
      frame.first_x + frame.pose_mm.x,
      tilt == 0 ? frame.first_y + frame.pose_mm.y
                : plan.centre_mm[1] - half_height * phantom.row_step[1],
      tilt == 0 ? frame.first_z + frame.pose_mm.z
                : frame.first_z + frame.pose_mm.z - half_height * phantom.row_step[2]};
  const std::size_t pixels =
      static_cast<std::size_t>(settings.columns) * static_cast<std::size_t>(settings.rows);
  phantom.hu.resize(pixels * static_cast<std::size_t>(settings.slices));
  LayerStack stack(settings, frame, paint);
  Reconstruction reconstruction(settings);
  Tally tally(settings, plan.structures);
  FindingBook book(settings, plan);
  for (int slice = 0; slice < settings.slices; ++slice) {
    stack.make(slice);
    reconstruction.blur(stack.hu());
    tally.add(slice, stack.label(), stack.hu());
    book.add(slice, stack.owner(), stack.filled(), stack.hu());
    add_artefacts(settings, slice, stack.hu());
    reconstruction.sharpen(stack.hu());
    std::int16_t* out = &phantom.hu[pixels * static_cast<std::size_t>(slice)];
    reconstruction.add_noise(stack.hu(), slice, out);
    pad(settings, out);
  }
  phantom.truth = tally.truths(phantom);
  for (Truth& truth : book.truths(phantom, frame, noise_sd(settings)))
    phantom.truth.push_back(std::move(truth));
  phantom.missing = plan.missing;
  return phantom;
}

Truth finding_truth(const Settings& settings, const Finding& finding, int number) {
  const KindRow& row = *row_of(settings.body, finding.kind);
  constexpr std::array<const char*, 4> courses{"stable", "changing", "appeared", "resolved"};
  Truth truth;
  truth.name = std::string(row.word) + "." + std::to_string(number);
  truth.role = row.distractor ? Truth::Role::distractor : Truth::Role::finding;
  truth.kind = row.word;
  truth.observation = row.observation;
  truth.site = row.site;
  truth.unit = row.unit;
  truth.asked_size = size_now(settings, finding);
  truth.course = courses[static_cast<std::size_t>(finding.course)];
  return truth;
}

double size_at_place(const Settings& settings, const Finding& finding) {
  return finding.size > 0 ? finding.size : row_of(settings.body, finding.kind)->usual;
}

double size_now(const Settings& settings, const Finding& finding) {
  const bool before = settings.weeks_before > 0;
  if (finding.course == Course::appeared && before) return 0;
  if (finding.course == Course::resolved && !before) return 0;
  const double size = size_at_place(settings, finding);
  if (finding.course != Course::changing || !before) return size;
  const double factor = power_of_two(-7 * settings.weeks_before / finding.doubling_days);
  return row_of(settings.body, finding.kind)->unit == "mm" ? size * cube_root(factor)
                                                           : size * factor;
}

}  // namespace tomoscribe::model::phantom
