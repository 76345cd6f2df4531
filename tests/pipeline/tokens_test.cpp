#include "pipeline/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/config.h"
#include "tests/support/files.h"

namespace tomoscribe::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view rosas = "0123456789abcdef-rosa", pacs = "fedcba9876543210-pacs";
const std::chrono::sys_seconds now{1'800'000'000s};

class TokensFile : public testing::Test {
 protected:
  Tokens load(const std::string& text, unsigned mode = 0600) const {
    const auto file = folder_ / "tokens";
    std::ofstream(file) << text;
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    return Tokens::load(file);
  }
  std::string refusal(const std::string& text, unsigned mode = 0600) const {
    try {
      load(text, mode);
      return "";
    } catch (const ConfigError& fault) {
      return fault.what();
    }
  }
  Tokens both() const {
    return load("# people\nrosa:" + std::string(rosas) + "\r\n\n  \npacs:" + std::string(pacs));
  }

 private:
  tests::TempFolder folder_;
};

TEST_F(TokensFile, GivesTheNameWhoseTokenItIs) {
  const Tokens tokens = both();
  EXPECT_TRUE(tokens.required());
  EXPECT_EQ(tokens.user_of_token(rosas), "rosa");
  EXPECT_EQ(tokens.user_of_token(pacs), "pacs");
  for (const std::string_view wrong :
       {"", "rosa", "0123456789abcdef-ros", "0123456789abcdef-rosa "})
    EXPECT_EQ(tokens.user_of_token(wrong), std::nullopt) << wrong;
  EXPECT_FALSE(Tokens().required());
}

TEST_F(TokensFile, BindsAnAccountToAPersonsName) {
  const Tokens tokens =
      load("rosa:Reader^Rosa^^Dr.:" + std::string(rosas) + "\npacs:" + std::string(pacs));
  EXPECT_EQ(tokens.person_of(*tokens.user_of_token(rosas)), "Reader^Rosa^^Dr.");
  EXPECT_EQ(tokens.person_of("pacs"), "");
  EXPECT_THAT(refusal("rosa:boss:0123456789abcdef\n"), HasSubstr(":1: between name and token"));
}

TEST_F(TokensFile, TellsWhoMayChange) {
  const Tokens tokens = load("rosa:" + std::string(rosas) + "\npacs:read:" + std::string(pacs));
  EXPECT_TRUE(tokens.may_change("rosa"));
  EXPECT_FALSE(tokens.may_change("pacs"));
  EXPECT_EQ(tokens.user_of_token(pacs), "pacs");
}

TEST_F(TokensFile, NamesTheLineThatIsWrongAndNeverItsToken) {
  EXPECT_THAT(refusal("\nrosa\n"), HasSubstr(":2: a line must be name:token"));
  EXPECT_THAT(refusal("rosa:short-secret\n"), HasSubstr(":1: a token needs at least 16"));
  EXPECT_THAT(refusal("rosa:short-secret\n"), testing::Not(HasSubstr("short-secret")));
  EXPECT_THAT(refusal("ro.sa:0123456789abcdef\n"), HasSubstr(":1: a name has"));
  EXPECT_THAT(refusal("a:0123456789abcdef\na:0123456789abcdeg\n"), HasSubstr(":2: this name"));
  EXPECT_THAT(refusal("# nobody\n"), HasSubstr("names no user"));
  EXPECT_THAT(refusal("rosa:0123456789abcdef\n", 0644), HasSubstr("chmod o-r"));
}

TEST_F(TokensFile, ACookieStandsForItsUserUntilItExpires) {
  const Tokens tokens = both();
  const std::string cookie = tokens.cookie("rosa", now + 1h);
  EXPECT_EQ(tokens.user_of_cookie(cookie, now), "rosa");
  EXPECT_EQ(tokens.user_of_cookie(cookie, now + 59min), "rosa");
  EXPECT_EQ(tokens.user_of_cookie(cookie, now + 1h), std::nullopt);
}

TEST_F(TokensFile, ACookieCannotBeMadeUpOrStretched) {
  const Tokens tokens = both();
  const std::string cookie = tokens.cookie("rosa", now + 1h);
  const auto dot = cookie.find('.');
  std::vector<std::string> forged{"",
                                  ".",
                                  "..",
                                  "rosa",
                                  "rosa.9999999999",
                                  "rosa.9999999999.",
                                  "pacs" + cookie.substr(dot),
                                  cookie + "0",
                                  cookie.substr(0, cookie.size() - 1)};
  std::string later = cookie;
  later[dot + 1] = '9';
  forged.push_back(later);
  for (const auto& text : forged) EXPECT_EQ(tokens.user_of_cookie(text, now), std::nullopt) << text;
}

TEST_F(TokensFile, TakingAwayOrChangingTheTokenEndsItsCookies) {
  const std::string cookie = both().cookie("rosa", now + 1h);
  EXPECT_EQ(load("pacs:" + std::string(pacs)).user_of_cookie(cookie, now), std::nullopt);
  EXPECT_EQ(load("rosa:another-0123456789").user_of_cookie(cookie, now), std::nullopt);
  EXPECT_EQ(both().user_of_cookie(cookie, now), "rosa") << "another gateway, the same file";
}

}  // namespace
}  // namespace tomoscribe::pipeline
