#include "pipeline/metrics.h"

#include <regex>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/gateway_metrics.h"

namespace tomoscribe::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

Metrics example() {
  return Metrics({{"calls_total", MetricKind::counter, "Calls.", {}},
                  {"free_bytes", MetricKind::gauge, "Free.", {}},
                  {"seconds", MetricKind::histogram, "How long.", {0.1, 1}}});
}

TEST(Metrics, ACounterIsThereBeforeItRises) {
  EXPECT_THAT(example().text(),
              HasSubstr("# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 0\n"));
}

TEST(Metrics, LabelsMakeSeriesAndAreEscaped) {
  Metrics metrics = example();
  metrics.count("calls_total", {{"a", "x\"\\\n"}, {"b", "2"}});
  metrics.count("calls_total", {{"a", "x\"\\\n"}, {"b", "2"}}, 2.5);
  EXPECT_THAT(metrics.text(), HasSubstr("calls_total{a=\"x\\\"\\\\\\n\",b=\"2\"} 3.5\n"));
  EXPECT_THAT(metrics.text(), Not(HasSubstr("calls_total 0")));
}

TEST(Metrics, AGaugeHoldsTheLastValue) {
  Metrics metrics = example();
  metrics.set("free_bytes", 5);
  metrics.set("free_bytes", 1.5e12);
  EXPECT_THAT(metrics.text(), HasSubstr("free_bytes 1.5e+12\n"));
}

TEST(Metrics, BucketsOfAHistogramAddUp) {
  Metrics metrics = example();
  for (const double value : {0.05, 0.1, 0.5, 7.0}) metrics.observe("seconds", value);
  EXPECT_THAT(metrics.text(),
              HasSubstr("seconds_bucket{le=\"0.1\"} 2\nseconds_bucket{le=\"1\"} 3\n"
                        "seconds_bucket{le=\"+Inf\"} 4\nseconds_sum 7.65\nseconds_count 4\n"));
}

TEST(Metrics, RefusesWhatWasNotDeclared) {
  Metrics metrics = example();
  EXPECT_THROW(metrics.count("typo_total"), std::logic_error);
  EXPECT_THROW(metrics.set("calls_total", 1), std::logic_error);
}

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics = example();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&metrics] {
        for (int n = 0; n < 1000; ++n) metrics.count("calls_total");
      });
  }
  EXPECT_THAT(metrics.text(), HasSubstr("calls_total 8000\n"));
}

TEST(Metrics, TheGatewaysAreInTheTextFormat) {
  Metrics metrics(gateway_metric_families());
  metrics.observe("tomoscribe_http_seconds", 0.3, {{"route", "fhir"}});
  metrics.set("tomoscribe_database_up", 1);
  const std::regex comment(
      "# (HELP tomoscribe_[a-z_]+ .+|TYPE tomoscribe_[a-z_]+ (counter|gauge|histogram))");
  const std::regex sample(
      R"rx(tomoscribe_[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [-+0-9.eInf]+)rx");
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(std::regex_match(line, line.starts_with('#') ? comment : sample)) << line;
  for (const auto& family : gateway_metric_families())
    EXPECT_EQ(family.kind == MetricKind::counter, family.name.ends_with("_total")) << family.name;
}

}  // namespace
}  // namespace tomoscribe::pipeline
