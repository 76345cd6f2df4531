// What is found wrong beside the configuration before anything is started.

#include "pipeline/startup_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class GatewayFiles : public testing::Test {
 protected:
  std::string in(const std::string& name) const { return folder_ / name; }
  std::string written(const std::string& name, const std::string& text,
                      unsigned mode = 0600) const {
    std::ofstream(in(name)) << text;
    std::filesystem::permissions(in(name), std::filesystem::perms(mode));
    return in(name);
  }
  /// The sentence that a configuration of [http] ends with; empty when it is fine.
  static std::string refusal(const std::string& http) {
    try {
      check_gateway_files(parse_config("[http]\n" + http, "t.toml", {}));
      return "";
    } catch (const ConfigError& fault) {
      return fault.what();
    }
  }
  /// A new key and its certificate, NAME.key and NAME.pem.
  void make_certificate(const std::string& name) const {
    ASSERT_EQ(
        tests::run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                   "-subj /CN=localhost -days 2 -keyout " +
                   in(name + ".key") + " -out " + in(name + ".pem"))
            .status,
        0);
  }
  std::string tls(const std::string& certificate, const std::string& key) const {
    return "tls_certificate = \"" + in(certificate) + "\"\ntls_key = \"" + in(key) + "\"\n";
  }

 private:
  tests::TempFolder folder_;
};

TEST_F(GatewayFiles, NeedNotBeThere) {
  EXPECT_EQ(refusal(""), "");
}

TEST_F(GatewayFiles, ThePageIsAFolder) {
  EXPECT_EQ(refusal("page = \"/nowhere/page\"\n"),
            "t.toml:2: http.page: /nowhere/page is no folder");
  EXPECT_THAT(refusal("page = \"" + written("page", "x") + "\"\n"), HasSubstr("is no folder"));
  EXPECT_EQ(refusal("page = \"" + in("") + "\"\n"), "");
}

TEST_F(GatewayFiles, TheTokensCanBeRead) {
  EXPECT_THAT(refusal("port = 0\ntokens_file = \"/nowhere/tokens\"\n"),
              AllOf(StartsWith("t.toml:3: http.tokens_file: "), HasSubstr("cannot be read")));
  const std::string line = "rosa:0123456789abcdef\n";
  EXPECT_THAT(refusal("tokens_file = \"" + written("open", line, 0644) + "\"\n"),
              HasSubstr("chmod o-r"));
  EXPECT_THAT(refusal("tokens_file = \"" + written("short", "rosa:0\n") + "\"\n"),
              HasSubstr("at least 16 characters"));
  EXPECT_EQ(refusal("tokens_file = \"" + written("good", line) + "\"\n"), "");
}

TEST_F(GatewayFiles, TheCertificateAndItsKeyBelongTogether) {
  make_certificate("one");
  make_certificate("two");
  EXPECT_EQ(refusal(tls("one.pem", "one.key")), "");
  EXPECT_EQ(refusal(tls("one.pem", "two.key")),
            "t.toml:3: http.tls_key is not the key of http.tls_certificate");
  EXPECT_THAT(refusal(tls("none.pem", "one.key")),
              AllOf(StartsWith("t.toml:2: http.tls_certificate: "), HasSubstr("cannot be read")));
  EXPECT_THAT(refusal(tls("one.key", "one.key")), HasSubstr("holds no certificate"));
  EXPECT_THAT(refusal(tls("one.pem", "one.pem")),
              AllOf(StartsWith("t.toml:3: http.tls_key: "), HasSubstr("holds no private key")));
}

}  // namespace
}  // namespace tomoscribe::pipeline
