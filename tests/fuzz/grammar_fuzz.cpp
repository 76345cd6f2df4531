// Rules from a stranger: taken or refused with a sentence. What was taken is walked: every token
// of a mask is accepted, none leads to a dead end, and the shortest way out makes a whole text.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/grammar/grammar.h"
#include "tests/fuzz/require.h"

namespace {

using namespace tomoscribe::model;  // NOLINT(google-build-using-namespace): a driver of one file

using tomoscribe::tests::require;

/// The end, the bytes, and some that are longer.
std::vector<std::string> vocabulary() {
  std::vector<std::string> tokens{""};
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const char* token : {"ab", "bc", "aaaa", "\",", "\":", "{\"", "}}", "abababababababababab",
                            "FINDINGS\n", ".\n", "\xF0\x9F", "\x98\x80", " nodule"})
    tokens.emplace_back(token);
  return tokens;
}

std::vector<TokenId> admitted(const std::vector<std::uint64_t>& words) {
  std::vector<TokenId> ids;
  for (std::size_t id = 0; id < words.size() * 64; ++id)
    if ((words[id / 64] >> id % 64 & 1U) != 0) ids.push_back(static_cast<TokenId>(id));
  return ids;
}

void walk(const Grammar& grammar, std::string_view choices) {
  static const std::vector<std::string> tokens = vocabulary();
  static const TokenTrie trie(tokens, 0);
  const Constraint constraint(grammar, trie, 100'000);
  Matcher matcher(constraint);
  std::vector<std::uint64_t> words;
  std::string text;
  for (const char choice : choices) {
    matcher.mask(words);
    const auto ids = admitted(words);
    require(!ids.empty(), "a dead end\n");
    const TokenId id = ids[static_cast<std::uint8_t>(choice) % ids.size()];
    const std::string forced = matcher.forced_bytes();
    require(matcher.accept(id), "a token of the mask is not accepted\n");
    if (matcher.has_ended()) break;
    const std::string& bytes = tokens[static_cast<std::size_t>(id)];
    const std::size_t both = std::min(forced.size(), bytes.size());
    require(forced.compare(0, both, bytes, 0, both) == 0, "a forced byte had a choice\n");
    text += bytes;
  }
  if (!matcher.has_ended()) {
    const std::string rest = matcher.shortest_completion();
    require(rest.size() == matcher.shortest_completion_length(), "another length\n");
    require(matcher.accept_bytes(rest) == rest.size(), "the way out is closed\n");
    text += rest;
  }
  require(matcher.is_accepting() && grammar.accepts(text), "the text is not of the grammar\n");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes
  try {
    walk(Grammar::parse(input), input.substr(0, 40));
  } catch (const BadGrammar& why) {
    require(!std::string_view(why.what()).empty(), "refused without a reason\n");
  }
  return 0;
}
