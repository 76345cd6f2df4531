// `tomoscribe report --prior`: what is compared, and tracking UIDs through a chain of studies.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/end_to_end/cli.h"

namespace tomoscribe::tests {
namespace {

using testing::HasSubstr;

TEST(Tomoscribe, ComparesWithAPrior) {
  const TempFolder folder;
  const fs::path now = folder / "now", then = folder / "then", out = folder / "out";
  ASSERT_EQ(phantom(now, "--prior '" + then.string() +
                             "' --seed 7 --size 128 --slices 26 --spacing 5 --finding "
                             "nodule:left:22:doubling=120")
                .status,
            0);
  const Ran ran = report(now, out, "--prior '" + then.string() + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("earlier study: looking for nodules"));
  EXPECT_THAT(ran.output, HasSubstr("comparing with the earlier study"));
  const std::string text = read_text(out / "report.txt");
  EXPECT_THAT(text, HasSubstr("Comparison with the CT of 2024-07-17, series 1: time between"));
  const auto json = nlohmann::json::parse(read_text(out / "report.json"));
  bool larger = false;
  for (const auto& finding : json.at("findings"))
    larger = larger ||
             finding.value(nlohmann::json::json_pointer("/comparison/outcome"), "") == "larger";
  EXPECT_TRUE(larger) << text;
  // The other way round it is no prior.
  EXPECT_THAT(report(then, folder / "no", "--quiet --prior '" + now.string() + "'").output,
              HasSubstr("not of an earlier day"));
}

/// Tracking UIDs of the nodules of a report.
std::vector<std::string> tracked(const fs::path& report) {
  std::vector<std::string> uids;
  const auto version = nlohmann::json::parse(read_text(report / "report.json"));
  for (const auto& finding : version.at("findings"))
    if (finding.at("id").get<std::string>().starts_with("nodule."))
      uids.push_back(finding.at("tracking").get<std::string>());
  return uids;
}

TEST(Tomoscribe, ALesionKeepsItsTrackingUidThroughTheChainOfPriors) {
  const TempFolder folder;
  const std::string nodule =
      "' --seed 7 --size 128 --slices 26 --spacing 5 --finding nodule:left:22";
  const fs::path now = folder / "now", then = folder / "then", first = folder / "first";
  ASSERT_EQ(phantom(now, "--prior '" + then.string() + nodule).status, 0);
  ASSERT_EQ(phantom(folder / "now again", "--weeks 52 --prior '" + first.string() + nodule).status,
            0);
  ASSERT_EQ(report(first, folder / "r1", "--quiet").status, 0);
  ASSERT_EQ(report(then, folder / "r2",
                   "--quiet --prior '" + first.string() + "' --prior-report '" +
                       (folder / "r1" / "report.json").string() + "'")
                .status,
            0);
  const Ran ran = report(now, folder / "r3",
                         "--quiet --prior '" + then.string() + "' --prior-report '" +
                             (folder / "r2" / "report.json").string() + "'");
  ASSERT_EQ(ran.status, 0) << ran.output;
  const std::vector<std::string> uids = tracked(folder / "r1");
  ASSERT_FALSE(uids.empty());
  EXPECT_EQ(tracked(folder / "r2"), uids);
  EXPECT_EQ(tracked(folder / "r3"), uids) << "two studies back";
  EXPECT_THAT(report(now, folder / "no",
                     "--quiet --prior '" + then.string() + "' --prior-report '" +
                         (folder / "r1" / "report.json").string() + "'")
                  .output,
              HasSubstr("the earlier report is not of the earlier study"));
}

}  // namespace
}  // namespace tomoscribe::tests
