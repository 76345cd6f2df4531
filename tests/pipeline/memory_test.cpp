// What `tomoscribe report` holds in memory: 1,000 slices of 512 x 512 must fit into 4 GiB; here a
// tenth of that in a tenth (379 MiB of 400, most of it the working grid of 1.5 mm, which grows with
// the body and not with the pixels).

#include <string>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::tests {
namespace {

TEST(ReportCommand, HoldsNoMoreThanItsShareOfFourGibibytes) {
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
  constexpr double share = slices * side * side / (1000.0 * 512 * 512);
  EXPECT_LT(static_cast<double>(usage.ru_maxrss), share * 4 * 1024 * 1024) << "KiB";
  RecordProperty("kib", static_cast<int>(usage.ru_maxrss));
}

}  // namespace
}  // namespace tomoscribe::tests
