// tomoscribe-model: what of `tomoscribe` needs a language model. People call it through
// `tomoscribe`.

#include <exception>
#include <iostream>
#include <string_view>

#include "model/refused.h"
#include "pipeline/commands.h"
#include "pipeline/language/language_model.h"

namespace {

using namespace tomoscribe::pipeline;  // NOLINT(google-build-using-namespace): main only

std::unique_ptr<Drafter> load(const LanguageModelOptions& options) {
  return load_language_model(options, [](const std::string&, double) {});
}

int dispatch(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "generate") return command_generate(argc - 1, argv + 1);
  if (word == "report") return report_with(load, argc - 1, argv + 1);
  std::cerr << "tomoscribe-model: use tomoscribe model generate, or tomoscribe report --model\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (const tomoscribe::model::Refused& why) {
    std::cerr << "tomoscribe: " << why.what() << '\n';
    return 3;
  } catch (const std::exception& fault) {
    std::cerr << "tomoscribe: " << fault.what() << '\n';
    return 1;
  }
}
