#include "pipeline/series/stack_slices.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace tomoscribe::pipeline {
namespace {

std::vector<SlicePlane> slices_at_mm(const std::vector<double>& positions) {
  std::vector<SlicePlane> planes;
  planes.reserve(positions.size());
  for (const double z : positions)
    planes.push_back({.source = planes.size(),
                      .position_mm = {-10, -20, z},
                      .spacing_mm = {0.7, 0.6},
                      .rows = 16,
                      .columns = 20,
                      .sop_instance = "1.2." + std::to_string(100 + planes.size())});
  return planes;
}

std::string reason(const std::variant<Stack, Unsuitable>& outcome) {
  const auto* fault = std::get_if<Unsuitable>(&outcome);
  return fault != nullptr ? fault->reason : "a stack";
}

TEST(StackSlices, NamesTheGapWhenOneSliceIsMissing) {
  auto planes = slices_at_mm({0, 2.5, 7.5, 10, 12.5});
  planes[1].name = "image 2";
  planes[2].name = "image 4";
  const auto outcome = stack_slices(planes);
  const auto& stack = std::get<Stack>(outcome);
  ASSERT_EQ(stack.missing.size(), 1U);
  EXPECT_EQ(stack.missing[0].text, "1 slice missing between image 2 and image 4 (z 2.5 to 7.5 mm)");
  EXPECT_EQ(stack.missing[0].after, 1);
  EXPECT_TRUE(stack.resampled);
  EXPECT_EQ(stack.grid.size[2], 6);
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[2][2], 2.5);
  EXPECT_EQ(stack.at, (std::vector<double>{0, 1, 3, 4, 5}));
  EXPECT_EQ(stack.notes, std::vector<std::string>{"1 slice interpolated where images are missing"});
}

TEST(StackSlices, NamesEveryGap) {
  const auto outcome = stack_slices(slices_at_mm({0, 1, 3, 4, 5, 6, 9, 10, 11, 12, 13}));
  const auto& stack = std::get<Stack>(outcome);
  ASSERT_EQ(stack.missing.size(), 2U);
  EXPECT_EQ(stack.missing[0].text, "1 slice missing between slice 2 and slice 3 (z 1.0 to 3.0 mm)");
  EXPECT_EQ(stack.missing[1].text,
            "2 slices missing between slice 6 and slice 7 (z 6.0 to 9.0 mm)");
}

TEST(StackSlices, RefusesWhereTooManySlicesAreMissing) {
  EXPECT_EQ(reason(stack_slices(slices_at_mm({0, 1, 4, 5, 6, 9, 10}))),
            "4 of 11 slices are missing");
}

TEST(StackSlices, PlacesMixedSpacingByTruePositions) {
  const auto outcome =
      stack_slices(slices_at_mm({0, 4, 8, 12, 16, 20, 27, 34, 41, 48, 55, 62, 69}));
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_TRUE(stack.mixed);
  EXPECT_TRUE(stack.missing.empty());
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[2][2], 4);
  EXPECT_EQ(stack.grid.size[2], 18);  // 69 mm by 4 mm, rounded
  EXPECT_DOUBLE_EQ(stack.at[7], 8.5);
  EXPECT_EQ(stack.notes, std::vector<std::string>{"mixed slice spacing: resampled to 4.0 mm from "
                                                  "the true position of each image"});
}

TEST(StackSlices, SaysWhereSlicesAreTooCloseAndKeepsTheirPositions) {
  const auto outcome = stack_slices(slices_at_mm({0, 5, 10, 12, 15, 20, 25, 30}));
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[2][2], 5);
  EXPECT_DOUBLE_EQ(stack.at[3], 2.4);
  EXPECT_DOUBLE_EQ(stack.jitter_mm, 3);
  EXPECT_EQ(stack.notes,
            std::vector<std::string>{
                "slice spacing varies by up to 3.0 mm: resampled from the true position of each "
                "image"});
}

TEST(StackSlices, KeepsTheLongestBlockAndLeavesTheRestApart) {
  const auto outcome = stack_slices(slices_at_mm({0, 1, 2, 100, 101, 102, 103, 104}));
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_FALSE(stack.resampled);
  EXPECT_EQ(stack.order, (std::vector<std::size_t>{3, 4, 5, 6, 7}));
  EXPECT_EQ(stack.apart, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(stack.grid.origin_mm[2], 100);
  EXPECT_EQ(stack.notes,
            std::vector<std::string>{"3 images left out: too far from the rest of the series"});
}

TEST(StackSlices, TakesFiveThousandSlices) {
  std::vector<double> positions(5000);
  for (std::size_t i = 0; i < positions.size(); ++i)
    positions[i] = 0.4 * static_cast<double>((i * 1777) % positions.size());
  const auto outcome = stack_slices(slices_at_mm(positions));
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_EQ(stack.grid.size[2], 5000);
  EXPECT_NEAR(stack.grid.step_mm[2][2], 0.4, 1e-9);
}

TEST(StackSlices, ReadsFeetFirstAndTransposedImagesByTheirCosines) {
  auto planes = slices_at_mm({0, 5, 10, 15});
  for (SlicePlane& plane : planes)  // feet first supine: the rows run to the patient's right
    plane.orientation = {Vec3{-1, 0, 0}, Vec3{0, 1, 0}};
  auto outcome = stack_slices(planes);
  const auto& feet_first = std::get<Stack>(outcome);
  EXPECT_EQ(feet_first.order, (std::vector<std::size_t>{3, 2, 1, 0}));
  EXPECT_EQ(feet_first.grid.step_mm[2], (Vec3{0, 0, -5}));
  EXPECT_EQ(feet_first.grid.step_mm[0], (Vec3{-0.6, 0, 0}));
  for (SlicePlane& plane : planes) plane.orientation = {Vec3{0, 1, 0}, Vec3{1, 0, 0}};
  outcome = stack_slices(planes);
  const auto& transposed = std::get<Stack>(outcome);
  EXPECT_EQ(transposed.grid.step_mm[0], (Vec3{0, 0.6, 0}));
  EXPECT_EQ(transposed.grid.step_mm[2], (Vec3{0, 0, -5}));
}

TEST(StackSlices, RefusesPlanesStackedWithinThemselves) {
  auto planes = slices_at_mm({0, 5, 10, 15});
  for (SlicePlane& plane : planes) plane.orientation = {Vec3{1, 0, 0}, Vec3{0, 0, -1}};
  EXPECT_EQ(reason(stack_slices(planes)), "all images lie at one position: a volume needs more");
  for (SlicePlane& plane : planes) plane.position_mm[1] = 0.5 * plane.position_mm[2];  // nearly so
  EXPECT_EQ(reason(stack_slices(planes)),
            "the slices are stacked sideways: the position moves within the plane of the images");
}

TEST(StackSlices, SortsByPositionWhateverTheOrderOfTheFiles) {
  const auto outcome = stack_slices(slices_at_mm({7.5, 0, 5, 2.5}));
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_EQ(stack.order, (std::vector<std::size_t>{1, 3, 2, 0}));
  EXPECT_EQ(stack.grid.size, (std::array{20, 16, 4}));
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[0][0], 0.6);  // columns: the second value of Pixel Spacing
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[1][1], 0.7);
  EXPECT_DOUBLE_EQ(stack.grid.step_mm[2][2], 2.5);
  EXPECT_DOUBLE_EQ(stack.tilt_degrees, 0);
}

TEST(StackSlices, ToleratesRoundedPositions) {
  const auto outcome = stack_slices(slices_at_mm({0, 0.62, 1.25, 1.87, 2.5}));
  EXPECT_TRUE(std::holds_alternative<Stack>(outcome)) << reason(outcome);
}

TEST(StackSlices, RefusesOneSlice) {
  EXPECT_EQ(reason(stack_slices(slices_at_mm({3}))), "only one slice: a volume needs more");
  EXPECT_EQ(reason(stack_slices({})), "no slices");
  EXPECT_EQ(reason(stack_slices(slices_at_mm({3, 3}))),
            "all images lie at one position: a volume needs more");
}

TEST(StackSlices, KeepsTheLowerUidOfTwoSlicesAtOnePosition) {
  auto planes = slices_at_mm({0, 5, 5, 10, 15});
  planes[1].sop_instance = "1.2.999";
  const auto outcome = stack_slices(planes);
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_EQ(stack.order, (std::vector<std::size_t>{0, 2, 3, 4}));
  ASSERT_EQ(stack.duplicates.size(), 1U);
  EXPECT_EQ(stack.duplicates[0], (std::array<std::size_t, 2>{2, 1}));
}

TEST(StackSlices, KeepsGantryTiltAsAShearedGrid) {
  auto planes = slices_at_mm({0, 5, 10, 15});
  const double tilt = 18.5 * 3.14159265358979 / 180;
  for (SlicePlane& plane : planes) {
    plane.position_mm = {0, 0, 5.0 * static_cast<double>(plane.source)};
    plane.orientation = {Vec3{1, 0, 0}, Vec3{0, std::cos(tilt), -std::sin(tilt)}};
  }
  const auto outcome = stack_slices(planes);
  const auto& stack = std::get<Stack>(outcome);
  EXPECT_NEAR(stack.tilt_degrees, 18.5, 0.01);
  EXPECT_NEAR(stack.grid.step_mm[2][2], 5, 1e-9);
  EXPECT_NEAR(stack.grid.voxel_ml(), 0.6 * 0.7 * 5 * std::cos(tilt) / 1000, 1e-9);
  ASSERT_EQ(stack.notes.size(), 1U);
  EXPECT_EQ(stack.notes[0], "gantry tilt of 18.5 degrees: kept as a sheared grid");
}

TEST(StackSlices, RefusesASliceShiftedSideways) {
  auto planes = slices_at_mm({0, 5, 10, 15, 20});
  planes[3].position_mm[0] += 4;
  EXPECT_EQ(reason(stack_slices(planes)), "slice 4 is shifted sideways by 4.0 mm");
}

TEST(StackSlices, RefusesPlanesThatDiffer) {
  auto planes = slices_at_mm({0, 5, 10});
  planes[1].rows = 17;
  EXPECT_EQ(reason(stack_slices(planes)), "the images differ in rows or columns");
  planes = slices_at_mm({0, 5, 10});
  planes[2].spacing_mm[0] = 0.8;
  EXPECT_EQ(reason(stack_slices(planes)), "the images differ in pixel spacing");
  planes = slices_at_mm({0, 5, 10});
  planes[2].orientation = {Vec3{1, 0, 0}, Vec3{0, 0, -1}};
  EXPECT_EQ(reason(stack_slices(planes)), "the images are not parallel");
}

TEST(StackSlices, RefusesImpossibleHeaders) {
  auto planes = slices_at_mm({0, 5, 10});
  planes[0].orientation = {Vec3{1, 0, 0}, Vec3{0.5, 0.866, 0}};
  EXPECT_EQ(reason(stack_slices(planes)),
            "the image orientation is not a pair of perpendicular unit vectors");
  planes = slices_at_mm({0, 5, 10});
  planes[1].spacing_mm[1] = 0;
  EXPECT_EQ(reason(stack_slices(planes)), "the pixel spacing is missing or impossible");
  for (const double absurd : {-0.7, 1e-6, 1e4, std::nan("")}) {
    planes[1].spacing_mm[1] = absurd;
    EXPECT_EQ(reason(stack_slices(planes)), "the pixel spacing is missing or impossible");
  }
  planes = slices_at_mm({0, 5, 10});
  planes[1].position_mm[2] = std::nan("");
  EXPECT_EQ(reason(stack_slices(planes)), "an image position is not a number");
}

TEST(Grid, InvertsItself) {
  const Grid grid{.size = {10, 11, 12},
                  .origin_mm = {-5, 7, 3},
                  .step_mm = {Vec3{-0.7, 0.1, 0}, Vec3{0, -0.8, 0.2}, Vec3{0, 0.5, 2.5}}};
  const Vec3 index = grid.index_at(grid.point_mm(3.25, 4.5, 6));
  EXPECT_NEAR(index[0], 3.25, 1e-9);
  EXPECT_NEAR(index[1], 4.5, 1e-9);
  EXPECT_NEAR(index[2], 6, 1e-9);
}

}  // namespace
}  // namespace tomoscribe::pipeline
