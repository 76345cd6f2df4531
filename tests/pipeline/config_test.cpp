#include "pipeline/config.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using testing::HasSubstr;

Config parsed(const std::string& toml, const Environment& variables = {}) {
  return parse_config(toml, "t.toml", variables);
}

/// The sentence that a text is refused with; empty when it is accepted.
std::string refusal(const std::string& toml, const Environment& variables = {}) {
  try {
    parsed(toml, variables);
    return "";
  } catch (const ConfigError& fault) {
    return fault.what();
  }
}

std::string file_with(const tests::TempFolder& folder, const std::string& name,
                      const std::string& text, unsigned mode) {
  const auto file = folder / name;
  std::ofstream(file) << text;
  std::filesystem::permissions(file, std::filesystem::perms(mode));
  return file;
}

/// Cells of a Markdown table's row, without spaces and backticks at their ends.
std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> cells;
  std::istringstream stream(row.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) {
    const auto first = cell.find_first_not_of(" `"), last = cell.find_last_not_of(" `");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return cells;
}

TEST(Config, TableInTheDocsIsTheCode) {
  std::istringstream page(
      tests::read_text(std::string(TOMOSCRIBE_SOURCE_DIR) + "/docs/configuration.md"));
  std::vector<std::vector<std::string>> documented, coded;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `")) {
      const auto row = cells(line);
      ASSERT_GE(row.size(), 4U) << line;
      EXPECT_FALSE(row[3].empty()) << line;
      documented.push_back({row[0], row[1], row[2]});
    }
  for (const auto& key : config_keys()) coded.push_back({key.key, key.standard, key.variable});
  EXPECT_EQ(documented, coded);
}

TEST(Config, WithoutAFileEveryKeyHasItsDefault) {
  const Config config = load_config(std::nullopt, {});
  EXPECT_EQ(config.dicom.port, 11112);
  EXPECT_EQ(config.http.listen, "127.0.0.1");
  EXPECT_EQ(config.study.quiet_period_s, 60);
  EXPECT_TRUE(config.database_dsn().empty());
}

TEST(Config, TakesEveryDocumentedKeyWithItsDefault) {
  std::map<std::string, std::string> sections;
  for (const auto& key : config_keys()) {
    const auto dot = key.key.find('.');
    if (key.key.substr(0, dot) == "destination") continue;
    sections[key.key.substr(0, dot)] += key.key.substr(dot + 1) + " = " + key.standard + "\n";
  }
  std::string toml;
  for (const auto& [name, text] : sections)
    toml.append("[").append(name).append("]\n").append(text);
  EXPECT_EQ(refusal(toml), "");
}

TEST(Config, ReadsTheExampleOfTheDocs) {
  const std::string page =
      tests::read_text(std::string(TOMOSCRIBE_SOURCE_DIR) + "/docs/configuration.md");
  const auto begin = page.find("```toml\n") + 8;
  const Config config = parsed(page.substr(begin, page.find("```", begin) - begin));
  ASSERT_EQ(config.destinations.size(), 2U);
  EXPECT_EQ(config.destinations[0].receiving_application, "RIS");
  EXPECT_EQ(config.destinations[1].kind, "sr");
  EXPECT_EQ(config.dicom.allowed_calling, (std::vector<std::string>{"PACS", "CT1"}));
  EXPECT_EQ(config.study.quiet_period_by_ae_s.at("CT1"), 120);
}

TEST(Config, NamesFileLineAndKeyOfWhatIsWrong) {
  EXPECT_EQ(refusal("[dicom]\nport = 1\nprot = 2\n"), "t.toml:3: unknown key dicom.prot");
  EXPECT_EQ(refusal("\n[dcom]\nport = 1\n"), "t.toml:2: unknown key dcom");
  EXPECT_EQ(refusal("[dicom]\nport = \"1\"\n"),
            "t.toml:2: dicom.port must be a whole number from 0 to 65535");
  EXPECT_EQ(refusal("[dicom]\nport = -1\n"),
            "t.toml:2: dicom.port must be a whole number from 0 to 65535");
  EXPECT_EQ(refusal("[dicom]\n\ntitle = 5\n"), "t.toml:3: dicom.title must be a string");
  EXPECT_EQ(refusal("[dicom]\ncheck_called_title = 1\n"),
            "t.toml:2: dicom.check_called_title must be true or false");
  EXPECT_EQ(refusal("[dicom]\nallowed_calling = \"A\"\n"),
            "t.toml:2: dicom.allowed_calling must be a list of strings");
  EXPECT_EQ(refusal("[dicom]\nallowed_calling = [1]\n"),
            "t.toml:2: dicom.allowed_calling must be a string");
  EXPECT_EQ(refusal("[study]\nquiet_period_by_ae_s = 5\n"),
            "t.toml:2: study.quiet_period_by_ae_s must be a table of whole numbers");
  EXPECT_EQ(refusal("dicom = 5\n"), "t.toml:1: dicom must be a section [dicom]");
  EXPECT_EQ(refusal("destination = 5\n"), "t.toml:1: write each destination as [[destination]]");
  EXPECT_EQ(refusal("[[destination]]\nnane = \"x\"\n"), "t.toml:2: unknown key destination.nane");
  EXPECT_THAT(refusal("[dicom\nport = 1\n"), HasSubstr("t.toml:1: "));
  EXPECT_THAT(refusal("[dicom]\nport = 1\nport = 2\n"), HasSubstr("t.toml:3: "));
}

TEST(Config, VariablesOverrideTheFile) {
  const Config config = parsed("[dicom]\nport = 1\ntitle = \"FILE\"\nallowed_calling = [\"X\"]\n",
                               {{"TOMOSCRIBE_DICOM_PORT", "4242"},
                                {"TOMOSCRIBE_DICOM_CHECK_CALLED_TITLE", "true"},
                                {"TOMOSCRIBE_DICOM_ALLOWED_CALLING", "A,B"},
                                {"TOMOSCRIBE_STUDY_QUIET_PERIOD_BY_AE_S", "CT1=30,CT2=90"},
                                {"TOMOSCRIBE_DEMO_DATA", "not of these sections"}});
  EXPECT_EQ(config.dicom.port, 4242);
  EXPECT_EQ(config.dicom.title, "FILE");
  EXPECT_TRUE(config.dicom.check_called_title);
  EXPECT_EQ(config.dicom.allowed_calling, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(config.study.quiet_period_by_ae_s.at("CT2"), 90);
}

TEST(Config, RefusesVariablesThatNobodyKnowsOrCannotBeRead) {
  EXPECT_EQ(refusal("", {{"TOMOSCRIBE_DICOM_PROT", "1"}}),
            "unknown variable TOMOSCRIBE_DICOM_PROT");
  for (const char* text : {"", "x", "1x", "-1", "99999999999999999999"})
    EXPECT_EQ(refusal("", {{"TOMOSCRIBE_HTTP_PORT", text}}),
              "TOMOSCRIBE_HTTP_PORT must be a whole number from 0 to 65535");
  EXPECT_EQ(refusal("", {{"TOMOSCRIBE_DICOM_CHECK_CALLED_TITLE", "yes"}}),
            "TOMOSCRIBE_DICOM_CHECK_CALLED_TITLE must be true or false");
  EXPECT_EQ(refusal("", {{"TOMOSCRIBE_STUDY_QUIET_PERIOD_BY_AE_S", "CT1"}}),
            "TOMOSCRIBE_STUDY_QUIET_PERIOD_BY_AE_S must be AE=SECONDS,AE=SECONDS");
}

TEST(Config, RefusesToServeBeyondLoopbackWithoutTlsAndTokens) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.7", "127.evil.example"}) {
    const std::string listen = "[http]\nlisten = \"" + std::string(address) + "\"\n";
    EXPECT_THAT(refusal(listen), HasSubstr("would show patient data to the network"));
    EXPECT_THAT(refusal(listen + "tokens_file = \"t\"\n"), HasSubstr("would show patient data"));
    EXPECT_THAT(refusal(listen + "tls_certificate = \"c\"\ntls_key = \"k\"\n"),
                HasSubstr("would show patient data"));
    EXPECT_EQ(refusal(listen + "tls_certificate = \"c\"\ntls_key = \"k\"\ntokens_file = \"t\"\n"),
              "");
  }
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    EXPECT_EQ(refusal("[http]\nlisten = \"" + std::string(address) + "\"\n"), "");
  EXPECT_THAT(refusal("[http]\ntls_key = \"k\"\n"), HasSubstr("need each other"));
}

TEST(Config, RefusesValuesThatCannotWork) {
  for (const char* section : {"[dicom]\nport = 65536",
                              "[dicom]\ntitle = \"\"",
                              "[dicom]\ntitle = \"SEVENTEEN_LETTERS_\"",
                              "[dicom]\nallowed_calling = [\"\"]",
                              "[dicom]\nassociations = 0",
                              "[dicom]\nassociations = 257",
                              "[dicom]\nacse_timeout_s = 0",
                              "[dicom]\nidle_timeout_s = 0",
                              "[dicom]\nmax_instance_mib = 0",
                              "[mllp]\nconnections = 0",
                              "[mllp]\nidle_timeout_s = 0",
                              "[http]\nthreads = 3",
                              "[http]\nthreads = 1025",
                              "[http]\nheader_timeout_s = 0",
                              "[worker]\nlease_s = 2",
                              "[site]\ntimezone = \"Mars/Olympus\"",
                              "[site]\ntimezone = \"../../etc/passwd\"",
                              "[http]\nhosts = [\"a b\"]",
                              "[http]\nhosts = [\"a:8443\"]",
                              "[http]\nhosts = [\"\"]",
                              "[http]\nhosts = [\"[1.2]\"]",
                              "[dicom]\nport = 2575",
                              "[mllp]\nport = 8080"})
    EXPECT_THAT(refusal(section), testing::StartsWith("t.toml:2: ")) << section;
  EXPECT_EQ(refusal("[http]\nhosts = [\"ct-1.hospital.example\", \"10.1.2.3\", \"[::1]\"]\n"), "");
  EXPECT_EQ(refusal("[site]\ntimezone = \"Europe/Berlin\"\n"), "");
}

TEST(Config, NamesTheLineOfWhatCannotWork) {
  EXPECT_EQ(refusal("[mllp]\nport = 0\nconnections = 0\n"),
            "t.toml:3: mllp.connections must be a whole number from 1 to 256");
  EXPECT_THAT(refusal("[dicom]\nallowed_calling = [\n  \"CT1\",\n  \"SEVENTEEN_LETTERS\",\n]\n"),
              testing::StartsWith("t.toml:4: dicom.allowed_calling must be an AE title"));
  EXPECT_THAT(refusal("[study]\n\nquiet_period_by_ae_s = { SEVENTEEN_LETTERS = 5 }\n"),
              testing::StartsWith("t.toml:3: study.quiet_period_by_ae_s"));
  EXPECT_THAT(refusal("[database]\ndsn = \"a\"\ndsn_file = \"b\"\n"),
              testing::StartsWith("t.toml:3: "));
  EXPECT_THAT(refusal("[http]\nport = 0\ntls_key = \"k\"\n"), testing::StartsWith("t.toml:3: "));
  EXPECT_THAT(refusal("[http]\nport = 0\nlisten = \"0.0.0.0\"\n"),
              testing::StartsWith("t.toml:3: "));
  const std::string one = "[[destination]]\nname = \"a\"\nkind = \"oru\"\nhost = \"h\"\nport = 1\n";
  EXPECT_THAT(refusal(one + "[[destination]]\nname = \"b\"\nkind = \"fax\"\n"),
              testing::StartsWith("t.toml:8: destination \"b\" needs kind"));
  EXPECT_THAT(refusal(one + "[[destination]]\nname = \"b\"\nkind = \"sr\"\n"),
              testing::StartsWith("t.toml:6: destination \"b\" needs a host"));
  EXPECT_THAT(refusal(one + one), testing::StartsWith("t.toml:7: "));
}

TEST(Config, NamesTheVariableThatCannotWork) {
  const std::string titles = "[dicom]\nallowed_calling = [\"CT1\"]\n";
  EXPECT_THAT(refusal(titles, {{"TOMOSCRIBE_DICOM_ALLOWED_CALLING", "SEVENTEEN_LETTERS"}}),
              testing::StartsWith("TOMOSCRIBE_DICOM_ALLOWED_CALLING: dicom.allowed_calling"));
  EXPECT_THAT(refusal("", {{"TOMOSCRIBE_SITE_TIMEZONE", "Mars/Olympus"}}),
              testing::StartsWith("TOMOSCRIBE_SITE_TIMEZONE: "));
}

TEST(Config, RefusesTwoListenersAtOnePort) {
  EXPECT_EQ(refusal("[dicom]\nport = 1\n[mllp]\nport = 1\n"),
            "t.toml:4: dicom.port and mllp.port must differ");
  EXPECT_EQ(refusal("[mllp]\nport = 1\nlisten = \"0.0.0.0\"\n[http]\nport = 1\n"),
            "t.toml:5: mllp.port and http.port must differ");
  EXPECT_EQ(refusal("[dicom]\nport = 0\n[mllp]\nport = 0\n"), "");
  EXPECT_EQ(refusal("[dicom]\nport = 1\nlisten = \"10.0.0.1\"\n[mllp]\nport = 1\n"), "");
}

TEST(Config, RefusesDestinationsThatCannotBeReached) {
  const std::string good =
      "[[destination]]\nname = \"ris\"\nkind = \"oru\"\nhost = \"h\"\nport = 1\n";
  EXPECT_EQ(refusal(good), "");
  EXPECT_THAT(refusal(good + good), HasSubstr("\"ris\" is there twice"));
  EXPECT_THAT(refusal("[[destination]]\n"), HasSubstr("a destination needs a name"));
  EXPECT_THAT(refusal("[[destination]]\nname = \"x\"\nkind = \"fax\"\n"), HasSubstr("kind"));
  EXPECT_THAT(refusal("[[destination]]\nname = \"x\"\nkind = \"oru\"\n"), HasSubstr("host"));
  EXPECT_THAT(refusal("[[destination]]\nname = \"x\"\nkind = \"oru\"\nhost = \"h\"\n"),
              HasSubstr("port"));
  EXPECT_THAT(refusal("[[destination]]\nname = \"x\"\nkind = \"sr\"\nhost = \"h\"\nport = 1\n"),
              HasSubstr("AE title"));
}

TEST(Config, ReadsSecretsOnlyFromFilesThatOthersCannotRead) {
  const tests::TempFolder folder;
  const auto secret = file_with(folder, "dsn", "host=db password=x \nsecond line\n", 0640);
  EXPECT_EQ(read_secret(secret), "host=db password=x");
  EXPECT_EQ(parsed("[database]\ndsn_file = \"" + secret + "\"\n").database_dsn(),
            "host=db password=x");
  EXPECT_THROW(read_secret(file_with(folder, "open", "x\n", 0644)), ConfigError);
  EXPECT_THROW(read_secret(file_with(folder, "empty", "", 0600)), ConfigError);
  EXPECT_THROW(read_secret(folder / "absent"), ConfigError);
}

TEST(Config, SaysWhichFileCannotBeRead) {
  EXPECT_THROW(load_config("/nowhere/tomoscribe.toml", {}), ConfigError);
  EXPECT_THROW(load_config("/proc/self", {}), ConfigError);
}

}  // namespace
}  // namespace tomoscribe::pipeline
