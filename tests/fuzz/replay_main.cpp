// Runs a fuzz target without a fuzzer: every corpus file, then mutations of them with a fixed seed
// for a few seconds. Usage: fuzz_<target> CORPUS_DIR [SECONDS]. TOMOSCRIBE_FUZZ_SECONDS, where it
// is set, says how long, however many mutations that are; else 20,000 end it too.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()),  // NOLINT: bytes
                         input.size());
}

/// One change: a byte flipped, a piece removed, repeated, or taken from another input.
void mutate(std::string& input, const std::string& other, std::mt19937& random) {
  const auto upto = [&](std::size_t end) { return end == 0 ? 0 : random() % end; };
  const std::size_t at = upto(input.size()), length = upto(std::min<std::size_t>(64, input.size()));
  switch (random() % 5) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(random() % 256);
      break;
    case 1: input.erase(at, length); break;
    case 2: input.insert(at, input.substr(upto(input.size()), length)); break;
    case 3: input.insert(at, other.substr(upto(other.size()), 1 + upto(64))); break;
    default: input.resize(at); break;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() < 2) {
    std::cerr << "usage: " << arguments[0] << " CORPUS_DIR [SECONDS]\n";
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
    files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<std::string> corpus{""};
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  for (const std::string& input : corpus) run(input);

  const char* told = std::getenv("TOMOSCRIBE_FUZZ_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  const int seconds = told != nullptr        ? std::stoi(told)
                      : arguments.size() > 2 ? std::stoi(arguments[2])
                                             : 3;
  const int most = told != nullptr ? std::numeric_limits<int>::max() : 20000;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same mutations each time
  int runs = 0;
  for (; runs < most && std::chrono::steady_clock::now() < end; ++runs) {
    std::string input = corpus[random() % corpus.size()];
    for (auto changes = 1 + random() % 6; changes > 0; --changes)
      mutate(input, corpus[random() % corpus.size()], random);
    run(input);
  }
  std::cout << corpus.size() << " corpus inputs, " << runs << " mutations\n";
  return 0;
}
