// The person's commands, run as a person runs them: help, wrong usage, doctor.

#include "tests/end_to_end/cli.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomoscribe::tests {
namespace {

using testing::HasSubstr;

TEST(Tomoscribe, ListsItsCommands) {
  const Ran ran = run(tomoscribe + " --help");
  EXPECT_EQ(ran.status, 0);
  for (const char* command : {"up", "report", "phantom", "db", "doctor"})
    EXPECT_THAT(ran.output, HasSubstr(std::string("\n  ") + command + " "));
}

TEST(Tomoscribe, TellsItsVersion) {
  const Ran ran = run(tomoscribe + " --version");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.output, testing::MatchesRegex("tomoscribe [0-9]+\\.[0-9]+\\.[0-9]+.*\n"));
}

TEST(Tomoscribe, AnswersWrongUsageWithOneLineAndStatus2) {
  const TempFolder temporary;
  for (const std::string& words :
       std::vector<std::string>{"", "frobnicate", "report", "report --nonsense", "phantom",
                                "doctor extra", "phantom --out x --seed minus",
                                "phantom --out x --slices 0", "phantom --out x --study-uid 1..2"}) {
    const Ran ran = run("cd '" + temporary.path().string() + "' && " + tomoscribe + " " + words);
    EXPECT_EQ(ran.status, 2) << words << ": " << ran.output;
    EXPECT_EQ(lines_in(ran.output), 1U) << words << ": " << ran.output;
  }
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST(Services, AnswerWrongUsageWithOneLineThatNamesThem) {
  for (const std::string& program :
       std::vector<std::string>{"tomoscribe-gateway", "tomoscribe-worker"}) {
    const std::string path = std::string("'") + TOMOSCRIBE_PROGRAM_DIR + "/" + program + "'";
    for (const char* words : {"--config nope.toml", "extra", "--nonsense"}) {
      const Ran ran = run("cd / && " + path + " " + words);
      EXPECT_EQ(ran.status, 2) << words << ": " << ran.output;
      EXPECT_EQ(lines_in(ran.output), 1U) << words << ": " << ran.output;
      EXPECT_THAT(ran.output, testing::StartsWith(program + ": ")) << words;
    }
    EXPECT_EQ(run(path + " --help").status, 0);
  }
}

TEST(Tomoscribe, UpFindsAWrongFileBeforeItMakesADatabase) {
  const TempFolder temporary;
  std::ofstream(temporary / "t.toml") << "[http]\ntokens_file = \"/nowhere/tokens\"\n";
  const fs::path data = temporary / "data";
  const Ran ran = run(tomoscribe + " up --data '" + data.string() + "' --config '" +
                      (temporary / "t.toml").string() + "'");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_EQ(lines_in(ran.output), 1U) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("t.toml:2: http.tokens_file: "));
  EXPECT_FALSE(fs::exists(data));
}

TEST(Tomoscribe, HelpsWithEachCommand) {
  for (const char* command : {"up", "report", "phantom", "db", "doctor"}) {
    const Ran ran = run(tomoscribe + " " + command + " --help");
    EXPECT_EQ(ran.status, 0) << command;
    EXPECT_GT(lines_in(ran.output), 3U) << command;
  }
}

TEST(DoctorCommand, PrintsOneVerdictALine) {
  const TempFolder temporary;
  const Ran ran = run(tomoscribe + " doctor --data '" + temporary.path().string() + "'");
  EXPECT_THAT(ran.status, testing::AnyOf(0, 1));
  EXPECT_GE(lines_in(ran.output), 8U);
  std::istringstream lines(ran.output);
  bool failed = false;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, testing::MatchesRegex("(ok  |warn|fail)  [^:]+: .+"));
    failed = failed || line.starts_with("fail");
  }
  EXPECT_EQ(ran.status, failed ? 1 : 0);
}

}  // namespace
}  // namespace tomoscribe::tests
