// What `tomoscribe report` holds in memory: three bytes a voxel of the volume (HU and label), and
// what the working grid of 1.5 mm takes, which grows with the body and not with the pixels. 1,000
// slices of 512 x 512 took 1.1 GiB of the goal of 4 GiB (docs/performance.md).

#include <string>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::tests {
namespace {

TEST(ReportCommand, HoldsTheVolumeAndWorkingGrids) {
  const TempFolder folder;
  const std::string program = std::string("'") + TOMOSCRIBE_PROGRAM_DIR + "/tomoscribe' ";
  const std::string study = "'" + (folder / "ct").string() + "'";
  constexpr double slices = 400, side = 256;
  Ran ran = run(program + "phantom --quiet --seed 1 --size 256 --slices 400 --spacing 0.9 --out " +
                study);
  ASSERT_EQ(ran.status, 0) << ran.output;
  ran = run(program + "report --quiet " + study + " --out '" + (folder / "out").string() + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  rusage usage{};
  ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &usage), 0);  // the largest child so far
  constexpr double volume_kib = 3 * slices * side * side / 1024, working_kib = 400 * 1024;
  EXPECT_LT(static_cast<double>(usage.ru_maxrss), volume_kib + working_kib) << "KiB";
  RecordProperty("kib", static_cast<int>(usage.ru_maxrss));
}

}  // namespace
}  // namespace tomoscribe::tests
