#include "pipeline/log.h"

#include <limits>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "db/database.h"
#include "pipeline/failure.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using nlohmann::json;

TEST(Log, WritesOneJsonObjectALine) {
  const Log log("gateway");
  const auto line = json::parse(log.line("info", "2026-01-02T03:04:05.678Z", "ready",
                                         {{"port", 8080},
                                          {"big", std::int64_t{1} << 60},
                                          {"seconds", 0.25},
                                          {"ok", true},
                                          {"calling", dicom::AeTitle("PACS")},
                                          {"study", dicom::StudyUid("1.2.3")},
                                          {"file", dicom::sha256(std::string_view("x"))}}));
  EXPECT_EQ(line["time"], "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["program"], "gateway");
  EXPECT_EQ(line["event"], "ready");
  EXPECT_EQ(line["port"], 8080);
  EXPECT_EQ(line["big"], std::int64_t{1} << 60);
  EXPECT_EQ(line["seconds"], 0.25);
  EXPECT_EQ(line["ok"], true);
  EXPECT_EQ(line["calling"], "PACS");
  EXPECT_EQ(line["study"], "1.2.3");
  EXPECT_EQ(line["file"].get<std::string>().size(), 64U);
}

TEST(Log, EscapesEveryByteThereIs) {
  const Log log("p\"\n");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text =
      log.line("info", "t", all, {{all, all}, {"ok", "Zo\xc3\xab \xf0\x9f\xa9\xbb"}});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto line = json::parse(text);  // throws on anything that is no UTF-8 or no JSON
  EXPECT_EQ(line["ok"], "Zo\xc3\xab \xf0\x9f\xa9\xbb");
  for (const char* broken : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"})
    EXPECT_NO_THROW(json::parse(log.line("info", "t", "e", {{"text", broken}}))) << broken;
}

TEST(Log, NumbersThatJsonCannotHoldAreNull) {
  const Log log("p");
  const auto line = json::parse(log.line(
      "info", "t", "e",
      {{"inf", std::numeric_limits<double>::infinity()}, {"nan", std::nan("")}, {"tiny", 1e-300}}));
  EXPECT_TRUE(line["inf"].is_null());
  EXPECT_TRUE(line["nan"].is_null());
  EXPECT_EQ(line["tiny"], 1e-300);
}

TEST(Log, LinesOfManyThreadsDoNotMix) {
  const tests::TempFolder folder;
  const auto file = folder / "log";
  std::FILE* out = std::fopen(file.c_str(), "a");
  {
    const Log log("p", ::fileno(out));
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&log, thread] {
        for (int i = 0; i < 200; ++i)
          log.warn("e", {{"thread", thread}, {"text", std::string(200, 'x')}});
      });
  }
  std::fclose(out);
  std::ifstream lines(file);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    ASSERT_TRUE(json::accept(line)) << line;
  EXPECT_EQ(count, 1600);
}

TEST(Loggable, QuotesOurOwnExceptionsAndNamesTheTypeOfOthers) {
  EXPECT_EQ(loggable(db::Unavailable("the database is away")), "the database is away");
  EXPECT_EQ(loggable(dicom::Malformed("not an AE title")), "not an AE title");
  EXPECT_EQ(loggable(std::runtime_error("DOE^JANE")), "unexpected std::runtime_error");
  EXPECT_EQ(loggable(std::bad_alloc()), "unexpected std::bad_alloc");
}

}  // namespace
}  // namespace tomoscribe::pipeline
