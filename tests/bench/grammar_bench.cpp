// What constrained decoding costs: grammar_bench VOCABULARY GRAMMAR TEXT. TEXT is of the grammar.
// Its tokens are taken one by one, then those of random walks (uniform among the tokens admitted,
// 1,000 bytes each); each run once with nothing known and once with every mask known. Prints
// Markdown rows for docs/performance.md; one thread.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "model/grammar/grammar.h"
#include "model/tokenizer/tokenizer.h"

namespace {

using namespace tomoscribe::model;  // NOLINT(google-build-using-namespace): a program of one file

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

std::string read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct Times {
  std::vector<double> mask_us, accept_us;
};

/// Takes the ids, a mask before each.
void follow(const Constraint& constraint, const std::vector<TokenId>& ids, Times& times) {
  Matcher matcher(constraint);
  std::vector<std::uint64_t> words;
  for (const TokenId id : ids) {
    const auto begin = Clock::now();
    matcher.mask(words);
    times.mask_us.push_back(microseconds_since(begin));
    const auto bit = static_cast<std::size_t>(id);
    const bool admitted = (words[bit / 64] >> bit % 64 & 1U) != 0;
    const auto middle = Clock::now();
    if (matcher.accept(id) != admitted || !admitted) throw std::runtime_error("not admitted");
    times.accept_us.push_back(microseconds_since(middle));
  }
}

std::optional<TokenId> any_of(const std::vector<std::uint64_t>& words, std::mt19937& random) {
  std::size_t count = 0;
  for (const auto word : words) count += static_cast<std::size_t>(std::popcount(word));
  if (count == 0) return std::nullopt;
  std::size_t skip = random() % count;
  for (std::size_t i = 0;; ++i) {
    const auto here = static_cast<std::size_t>(std::popcount(words[i]));
    if (skip >= here) {
      skip -= here;
      continue;
    }
    std::uint64_t word = words[i];
    for (; skip > 0; --skip) word &= word - 1;
    return static_cast<TokenId>(i * 64) + static_cast<TokenId>(std::countr_zero(word));
  }
}

/// Tokens drawn among those admitted, as long as the text can be completed within `bytes`.
std::vector<TokenId> random_walk(const Constraint& constraint,
                                 const std::vector<std::string>& table, TokenId end,
                                 std::size_t bytes, std::mt19937& random) {
  Matcher matcher(constraint);
  std::vector<TokenId> ids;
  std::vector<std::uint64_t> words;
  while (!matcher.has_ended()) {
    matcher.mask(words);
    const auto id = any_of(words, random);
    if (!id) throw std::runtime_error("a dead end");
    Matcher next = matcher;
    if (!next.accept(*id)) throw std::runtime_error("a token of the mask is not accepted");
    const std::size_t length = table[static_cast<std::size_t>(*id)].size();
    if (*id != end && length + next.shortest_completion_length() > bytes) break;
    bytes -= length;
    ids.push_back(*id);
    matcher = std::move(next);
  }
  return ids;
}

void print(const std::string& grammar, const char* what, Times times) {
  auto& us = times.mask_us;
  const double sum = std::accumulate(us.begin(), us.end(), 0.0);
  const double taken = std::accumulate(times.accept_us.begin(), times.accept_us.end(), 0.0);
  std::ranges::sort(us);
  const auto quantile = [&us](double q) {
    return us[static_cast<std::size_t>(q * double(us.size() - 1))];
  };
  std::printf("| %s | %s | %zu | %.1f | %.1f | %.1f | %.0f | %.1f |\n", grammar.c_str(), what,
              us.size(), sum / double(us.size()), quantile(0.5), quantile(0.99), us.back(),
              taken / double(us.size()));
}

void run(const std::string& vocabulary, const std::string& grammar_file,
         const std::string& text_file) {
  const auto tokenizer = load_tokenizer(vocabulary);
  const auto end = tokenizer->control("</s>");
  if (!end) throw std::runtime_error(vocabulary + " has no </s>");
  const auto table = token_bytes(*tokenizer);
  auto begin = Clock::now();
  const TokenTrie trie(table, *end);
  const double trie_us = microseconds_since(begin);

  const std::string rules = read_file(grammar_file), text = read_file(text_file);
  begin = Clock::now();
  const Grammar grammar = Grammar::parse(rules);
  const double parse_us = microseconds_since(begin);
  begin = Clock::now();
  const bool is_text = grammar.accepts(text);
  const double recognise_us = microseconds_since(begin);
  begin = Clock::now();
  const Constraint constraint(grammar, trie);
  const double constraint_us = microseconds_since(begin);
  begin = Clock::now();
  std::vector<std::uint64_t> words;
  Matcher(constraint).mask(words);
  const double first_us = microseconds_since(begin);
  if (!is_text)
    throw std::runtime_error(text_file + " is of the grammar up to byte " +
                             std::to_string(Matcher(constraint).accept_bytes(text)));

  std::vector<TokenId> ids = tokenizer->encode(text);
  ids.push_back(*end);
  Times cold, warm;
  follow(Constraint(grammar, trie), ids, cold);
  follow(constraint, ids, warm);
  warm = {};
  for (int round = 0; round < 20; ++round) follow(constraint, ids, warm);

  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same walks each time
  std::vector<std::vector<TokenId>> walks;
  for (int i = 0; i < 50; ++i) walks.push_back(random_walk(constraint, table, *end, 1000, random));
  Times cold_walk, shared_walk, warm_walk;
  const Constraint fresh(grammar, trie);
  for (const auto& walk : walks) {
    follow(Constraint(grammar, trie), walk, cold_walk);
    follow(fresh, walk, shared_walk);
  }
  for (const auto& walk : walks) follow(fresh, walk, warm_walk);

  std::printf(
      "%s: parse %.0f us, constraint %.0f us, first mask %.0f us, trie %.0f ms (once a "
      "vocabulary), text of %zu bytes recognised in %.0f us, %.1f MB kept\n",
      grammar_file.c_str(), parse_us, constraint_us, first_us, trie_us / 1000, text.size(),
      recognise_us, double(fresh.cached_bytes()) / 1e6);
  print(grammar_file, "text, cold", cold);
  print(grammar_file, "text, warm", warm);
  print(grammar_file, "50 walks, each cold", cold_walk);
  print(grammar_file, "50 walks after one another", shared_walk);
  print(grammar_file, "50 walks, warm", warm_walk);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() != 4) {
    std::cerr << "usage: grammar_bench VOCABULARY GRAMMAR TEXT\n";
    return 2;
  }
  try {
    run(arguments[1], arguments[2], arguments[3]);
  } catch (const std::exception& why) {
    std::cerr << why.what() << '\n';
    return 1;
  }
  return 0;
}
