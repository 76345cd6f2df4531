// How fast a vocabulary encodes a text: text_bench VOCABULARY TEXT. The text is repeated to 8 MB,
// best of five; the first load is timed too. Prints a Markdown row for docs/performance.md.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "model/tokenizer/tokenizer.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int run(const std::string& vocabulary, const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string once{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (once.empty()) {
    std::cerr << file << ": empty or unreadable\n";
    return 1;
  }
  std::string text;
  while (text.size() < 8'000'000) text += once;

  const auto begin = Clock::now();
  const auto tokenizer = tomoscribe::model::load_tokenizer(vocabulary);
  const double load_s = seconds_since(begin);
  double encode_s = 1e9, decode_s = 1e9;
  std::vector<tomoscribe::model::TokenId> ids;
  for (int round = 0; round < 5; ++round) {
    const auto start = Clock::now();
    ids = tokenizer->encode(text);
    encode_s = std::min(encode_s, seconds_since(start));
    const auto middle = Clock::now();
    if (tokenizer->decode(ids) != text) std::cerr << "decoding gives another text\n";
    decode_s = std::min(decode_s, seconds_since(middle));
  }
  const double megabytes = double(text.size()) / 1e6;
  std::printf("| %s | %.1f MB/s | %.1f million/s | %.1f MB/s | %.2f s |\n", vocabulary.c_str(),
              megabytes / encode_s, double(ids.size()) / 1e6 / encode_s, megabytes / decode_s,
              load_s);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() != 3) {
    std::cerr << "usage: text_bench VOCABULARY TEXT\n";
    return 2;
  }
  try {
    return run(arguments[1], arguments[2]);
  } catch (const std::exception& why) {
    std::cerr << why.what() << '\n';
    return 1;
  }
}
