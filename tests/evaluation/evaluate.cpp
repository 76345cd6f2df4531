// Measures phantoms and tabulates how far the numbers are from what was painted.
//   evaluate run RESULTS.jsonl BODY COUNT [FROM]   measures studies FROM .. FROM+COUNT-1 of a body
//                                                  (thorax, head, abdomen, or pairs: a
//                                                  thorax and an earlier one); those that the file
//                                                  holds already are left out: stop and go on at
//                                                  will
//   evaluate tables RESULTS.jsonl                  prints the tables (Markdown)
//   evaluate plots RESULTS.jsonl BODY              prints the differences of a body as a picture
//                                                  (SVG)
#include <chrono>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>

#include "pipeline/measure/measure.h"
#include "tests/evaluation/compare.h"
#include "tests/evaluation/pairs.h"
#include "tests/evaluation/phantom_volume.h"
#include "tests/evaluation/plots.h"
#include "tests/evaluation/study_plan.h"
#include "tests/evaluation/summary.h"

namespace {

using namespace tomoscribe;  // NOLINT(google-build-using-namespace): one program
using model::phantom::BodyPart;
using nlohmann::json;

BodyPart body_named(const std::string& word) {
  for (const BodyPart body : {BodyPart::thorax, BodyPart::head, BodyPart::abdomen})
    if (word == evaluation::name_of(body)) return body;
  throw std::invalid_argument("no body part \"" + word + "\": thorax, head, abdomen or pairs");
}

std::vector<json> read_results(const std::string& file) {
  std::vector<json> all;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (json one = json::parse(line, nullptr, false); !one.is_discarded())
      all.push_back(std::move(one));  // a line that a stop cut off is measured again
  return all;
}

json measured(BodyPart body, int number) {
  const model::phantom::Settings settings = evaluation::planned(body, number);
  const model::phantom::Phantom phantom = model::phantom::make(settings);
  const pipeline::Volume volume = evaluation::volume_of(phantom);
  const auto start = std::chrono::steady_clock::now();
  pipeline::measure::Scene scene = pipeline::measure::make_scene(volume);
  pipeline::measure::Findings findings;
  for (const auto& step : pipeline::measure::steps()) step.run(scene, findings);
  json line = evaluation::compared(phantom, findings);
  line["number"] = number;
  line["harder"] = evaluation::is_harder(number);
  line["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return line;
}

int run(const std::string& file, const std::string& word, int count, int from) {
  const bool pairs = word == "pairs";
  const BodyPart body = pairs ? BodyPart::thorax : body_named(word);
  std::set<int> done;
  for (const json& one : read_results(file))
    if (one.value("body", "") == word) done.insert(one.value("number", -1));
  std::ofstream results(file, std::ios::app);
  if (!results) throw std::runtime_error("cannot write " + file);
  for (int number = from; number < from + count; ++number) {
    if (done.contains(number)) continue;
    const json line = pairs ? evaluation::measured_pair(number) : measured(body, number);
    results << line.dump() << '\n' << std::flush;
    std::cerr << word << ' ' << number << ": " << line["seconds"].get<double>() << " s\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 4 && words[0] == "run")
    return run(words[1], words[2], std::stoi(words[3]), words.size() > 4 ? std::stoi(words[4]) : 0);
  if (words.size() == 2 && words[0] == "tables") {
    std::cout << evaluation::summary(read_results(words[1]));
    return 0;
  }
  if (words.size() == 3 && words[0] == "plots") {
    std::cout << evaluation::plots(read_results(words[1]), words[2]);
    return 0;
  }
  std::cerr << "evaluate run RESULTS.jsonl BODY COUNT [FROM] | evaluate tables RESULTS.jsonl | "
               "evaluate plots RESULTS.jsonl BODY\n";
  return 2;
} catch (const std::exception& why) {
  std::cerr << "evaluate: " << why.what() << '\n';
  return 1;
}
