// Stacking and series selection on generated nonsense: an answer every time, the same one in
// whatever order the images come, and never a grid that no scanner could have made.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "pipeline/series/select_series.h"
#include "pipeline/series/stack_slices.h"

namespace tomoscribe::pipeline {
namespace {

/// Raw engine words only: the distributions of <random> differ between libraries.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }
  double evil() {
    static constexpr double inf = std::numeric_limits<double>::infinity();
    static const std::vector<double> values{std::nan(""), inf,    -inf, 0,    -0.0, -1,    1e-300,
                                            1e300,        -1e300, 1e9,  -1e9, 1e-9, 0.001, 0.999,
                                            1.001,        49.9,   50.1, 1e5,  3000, -2.5};
    return values[below(values.size())];
  }

 private:
  std::mt19937 engine_;
};

std::vector<SlicePlane> good_planes(Dice& dice) {
  std::vector<SlicePlane> planes(2 + dice.below(40));
  const double spacing = 0.5 * static_cast<double>(1 + dice.below(10));
  for (std::size_t i = 0; i < planes.size(); ++i)
    planes[i] = {.source = i,
                 .position_mm = {-100, -120, spacing * static_cast<double>(i)},
                 .spacing_mm = {0.7, 0.7},
                 .rows = 512,
                 .columns = 512,
                 .sop_instance = "1.2." + std::to_string(1000 + i)};
  return planes;
}

void spoil(SlicePlane& plane, Dice& dice) {
  switch (dice.below(6)) {
    case 0: plane.position_mm[dice.below(3)] = dice.evil(); break;
    case 1: plane.orientation[dice.below(2)][dice.below(3)] = dice.evil(); break;
    case 2: plane.spacing_mm[dice.below(2)] = dice.evil(); break;
    case 3: plane.rows = static_cast<int>(dice.below(3)) - 1; break;
    case 4: plane.columns = 16384; break;
    default: plane.sop_instance = "1.2.1000"; break;
  }
}

void spoil_some(std::vector<SlicePlane>& planes, Dice& dice) {
  const std::size_t spoiled = dice.below(4);
  for (std::size_t i = 0; i < spoiled; ++i) spoil(planes[dice.below(planes.size())], dice);
  if (dice.one_in(5)) {  // the same fault everywhere
    const double value = dice.evil();
    for (SlicePlane& plane : planes) plane.spacing_mm[0] = value;
  }
  if (dice.one_in(5)) {
    const double factor = dice.evil();
    for (SlicePlane& plane : planes) plane.position_mm[2] *= factor;
  }
}

void expect_possible(const Stack& stack, std::size_t given) {
  ASSERT_EQ(stack.at.size(), stack.order.size());
  EXPECT_TRUE(stack.resampled ||
              stack.order.size() == static_cast<std::size_t>(stack.grid.size[2]));
  EXPECT_LE(stack.grid.size[2], 4 * static_cast<int>(given) + 1) << "more invented than scanned";
  EXPECT_EQ(stack.at.front(), 0);
  EXPECT_TRUE(std::ranges::is_sorted(stack.at));
  EXPECT_NEAR(stack.at.back(), stack.grid.size[2] - 1, 0.51);
  std::vector<std::size_t> sorted = stack.order;
  for (const auto& pair : stack.duplicates) sorted.push_back(pair[1]);
  sorted.insert(sorted.end(), stack.apart.begin(), stack.apart.end());
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end()) << "a slice is used twice";
  EXPECT_EQ(sorted.size(), given) << "a slice is lost";
  for (std::size_t i = 0; i < 3; ++i) {
    const double spacing = stack.grid.spacing_mm()[i];
    EXPECT_TRUE(std::isfinite(spacing) && spacing > 0);
    EXPECT_LE(spacing * (stack.grid.size[i] - 1), 3000.001 + (i == 2 ? spacing : 0));
    EXPECT_TRUE(std::isfinite(stack.grid.origin_mm[i]));
  }
  EXPECT_GT(stack.grid.voxel_ml(), 0);
}

TEST(HostileGeometry, GivesAPossibleStackOrASentence) {
  int stacks = 0, sentences = 0;
  for (std::uint32_t seed = 0; seed < 20000; ++seed) {
    Dice dice(seed);
    auto planes = good_planes(dice);
    spoil_some(planes, dice);
    SCOPED_TRACE(seed);
    const auto outcome = stack_slices(planes);
    if (const auto* stack = std::get_if<Stack>(&outcome)) {
      expect_possible(*stack, planes.size());
      ++stacks;
    } else {
      EXPECT_FALSE(std::get<Unsuitable>(outcome).reason.empty());
      ++sentences;
    }
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(stacks, 1000);
  EXPECT_GT(sentences, 1000);
}

std::vector<InstanceFile> study(const std::vector<SlicePlane>& planes, Dice& dice) {
  std::vector<InstanceFile> files;
  for (const SlicePlane& plane : planes) {
    dicom::InstanceHeader header{
        .study = dicom::StudyUid("1.2.3"),
        .series = dicom::SeriesUid(dice.one_in(40) ? "1.2.5" : "1.2.4"),
        .sop_instance = dicom::SopInstanceUid("1.2.9." + std::to_string(1000 + plane.source))};
    header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
    header.modality = "CT";
    header.image_type = {"ORIGINAL", "PRIMARY", "AXIAL"};
    header.rows = plane.rows;
    header.columns = plane.columns;
    header.frames = header.samples_per_pixel = 1;
    header.bits_allocated = 16;
    header.bits_stored = 12;
    header.photometric = "MONOCHROME2";
    if (dice.one_in(20)) header.temporal_position = std::to_string(dice.below(3));
    if (!dice.one_in(10)) header.acquisition_number = static_cast<int>(dice.below(2));
    header.planes = {{.image_position_patient = plane.position_mm,
                      .image_orientation_patient = plane.orientation,
                      .pixel_spacing_mm = plane.spacing_mm,
                      .slice_thickness_mm = dice.evil(),
                      .rescale_slope = 1,
                      .rescale_intercept = dice.one_in(50) ? dice.evil() : -1024.0,
                      .rescale_type = {}}};
    if (dice.one_in(60)) header.planes.front().image_position_patient.reset();
    files.push_back({"slice" + std::to_string(plane.source), header});
  }
  return files;
}

/// What selection says, in the terms that may not depend on the order of the files.
std::string answer(const std::vector<InstanceFile>& files) {
  const auto outcome = select_series(files);
  if (const auto* reason = std::get_if<Unsuitable>(&outcome)) {
    EXPECT_FALSE(reason->reason.empty());
    return reason->reason;
  }
  const auto& choice = std::get<SeriesChoice>(outcome);
  std::string words;
  for (const std::size_t source : choice.main.stack.order)
    words += files[choice.main.frames.at(source).instance].header.sop_instance.str() + " ";
  return words;
}

TEST(HostileGeometry, SeriesSelectionAnswersTheSameInWhateverOrder) {
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    Dice dice(seed);
    auto planes = good_planes(dice);
    if (dice.one_in(3)) {  // a second pass over the same positions
      const std::size_t count = planes.size();
      for (std::size_t i = 0; i < count; ++i) {
        planes.push_back(planes[i]);
        planes.back().source = count + i;
      }
    }
    const std::size_t spoiled = dice.below(3);
    for (std::size_t i = 0; i < spoiled; ++i) spoil(planes[dice.below(planes.size())], dice);
    auto files = study(planes, dice);
    SCOPED_TRACE(seed);
    const std::string first = answer(files);
    dice.shuffle(files);
    EXPECT_EQ(answer(files), first);
    if (testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace tomoscribe::pipeline
