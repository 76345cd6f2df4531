#pragma once
// Who may use the HTTP interface: names with tokens from a file, and the signed cookies that stand
// for them.

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tomoscribe::pipeline {

/// Access tokens, held as hashes. Thread-safe once made.
class Tokens {
 public:
  /// Nobody needs a token.
  Tokens() = default;
  /// Lines `name:token`, `name:read:token` for one who may not change
  /// anything, or `name:Family^Given:token` for one who signs under that name only; empty lines and
  /// `#` comments are skipped; a token has at least 16 characters. \throws ConfigError with the
  /// line's number.
  static Tokens load(const std::filesystem::path& file);

  bool may_change(const std::string& user) const { return !readers_.contains(user); }
  /// A DICOM PN; empty when whoever signs says it.
  std::string person_of(const std::string& user) const;
  bool required() const { return !hashes_.empty(); }
  /// The name whose token this is. Takes equally long for every wrong token.
  std::optional<std::string> user_of_token(std::string_view token) const;

  /// A cookie value that stands for `user` until `expires`: name, time and their HMAC under the
  /// user's token, so that any gateway with the same file accepts it and taking the token away ends
  /// it.
  std::string cookie(const std::string& user, std::chrono::sys_seconds expires) const;
  std::optional<std::string> user_of_cookie(std::string_view cookie,
                                            std::chrono::sys_seconds now) const;

 private:
  std::map<std::string, std::string> hashes_;   ///< SHA-256 of the token, by name
  std::map<std::string, std::string> persons_;  ///< by name of account
  std::set<std::string> readers_;               ///< those who may only read
};

}  // namespace tomoscribe::pipeline
