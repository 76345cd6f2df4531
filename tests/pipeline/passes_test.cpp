// Which images of a series are one pass over the body.
#include "pipeline/series/passes.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomoscribe::pipeline {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

/// Images of one acquisition, 5 mm apart.
struct Acquisition {
  int number = 0;
  double from_mm = 0;
  int images = 4;
};

std::vector<PassFrame> frames_of(const std::vector<Acquisition>& all, bool by_time = false) {
  std::vector<PassFrame> frames;
  for (const Acquisition& one : all)
    for (int i = 0; i < one.images; ++i) {
      PassFrame frame{.position_mm = {-100, -100, one.from_mm + 5.0 * i},
                      .orientation = {dicom::Vec3{1, 0, 0}, dicom::Vec3{0, 1, 0}}};
      if (by_time)
        frame.acquisition_s = 8.0 * one.number;
      else
        frame.acquisition_number = one.number;
      frames.push_back(frame);
    }
  return frames;
}

/// Lowest and highest number of the acquisitions of each pass.
std::vector<std::vector<int>> numbers_of(const std::vector<PassFrame>& frames,
                                         const Passes& passes) {
  std::vector<std::vector<int>> numbers;
  for (const auto& part : passes.parts) {
    std::set<int> seen;
    for (const std::size_t i : part) seen.insert(frames[i].acquisition_number.value_or(-1));
    numbers.emplace_back(seen.begin(), seen.end());
  }
  return numbers;
}

std::vector<std::vector<int>> parted(const std::vector<Acquisition>& all) {
  const auto frames = frames_of(all);
  return numbers_of(frames, passes_of(frames));
}

TEST(Passes, OfStepsIsOne) {
  EXPECT_THAT(parted({{1, 0}, {2, 20}, {3, 40}, {4, 60}}), ElementsAre(ElementsAre(1, 2, 3, 4)));
}

TEST(Passes, WithOneStepTakenAgainAtOnceIsOneWithTheLaterTaking) {
  const std::vector<Acquisition> steps{{1, 0}, {2, 20}, {3, 20}, {4, 40}, {5, 60}};
  EXPECT_THAT(parted(steps), ElementsAre(ElementsAre(1, 3, 4, 5), ElementsAre(2)));
  const auto frames = frames_of(steps);
  EXPECT_TRUE(passes_of(frames).taken_again);
}

TEST(Passes, OfStepsThatShareOneImageAtAnEdgeIsOne) {
  EXPECT_THAT(parted({{1, 0}, {2, 15}, {3, 35}, {4, 55}}), ElementsAre(ElementsAre(1, 2, 3, 4)));
}

/// Fluoroscopy: each image its own acquisition, all at one place. It once took minutes.
TEST(Passes, OfAFilmAreItsImages) {
  std::vector<Acquisition> film;
  film.reserve(2000);
  for (int number = 1; number <= 2000; ++number) film.push_back({number, 0, 1});
  EXPECT_EQ(parted(film).size(), 2000U);
}

/// It may be of another phase.
TEST(Passes, WithOneStepTakenAgainAtTheEndIsTheFirstTimeThrough) {
  // Half an image further up; the last step is shorter.
  EXPECT_THAT(parted({{1, 0}, {2, 20}, {3, 40}, {4, 60, 2}, {5, 2.5}}),
              ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(5)));
}

TEST(Passes, WithOneStepTakenAgainInPartKeepsTheWholeOne) {
  EXPECT_THAT(parted({{1, 0}, {2, 20}, {3, 40}, {4, 20, 2}}),
              ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4)));
}

TEST(Passes, ByPausesKnowOneStepTakenAgainToo) {
  const auto frames = frames_of({{1, 0}, {2, 20}, {3, 20}, {4, 40}, {5, 60}}, true);
  const Passes passes = passes_of(frames);
  EXPECT_TRUE(passes.taken_again);
  EXPECT_THAT(passes.parts, ElementsAre(SizeIs(16), SizeIs(4)));
}

TEST(Passes, OfTwoPhasesStayParted) {
  EXPECT_THAT(parted({{1, 0, 20}, {2, 2.5, 18}}), ElementsAre(ElementsAre(1), ElementsAre(2)));
  // The liver twice, then the pelvis: none of them belongs to one of the others for sure.
  EXPECT_THAT(parted({{1, 0, 20}, {2, 0, 20}, {3, 100, 30}}),
              ElementsAre(ElementsAre(3), ElementsAre(1), ElementsAre(2)));
}

TEST(Passes, OfTwoPhasesInStepsAreEachOne) {
  EXPECT_THAT(parted({{1, 0}, {2, 20}, {3, 40}, {4, 0}, {5, 20}, {6, 40}}),
              ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
  // A second phase of two of the steps is no mistake that was mended.
  EXPECT_THAT(parted({{1, 0}, {2, 20}, {3, 40}, {4, 60}, {5, 0}, {6, 20}}),
              ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(5, 6)));
}

}  // namespace
}  // namespace tomoscribe::pipeline
