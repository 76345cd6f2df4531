// A model's config from a stranger, as either file: read or refused by one sentence, and what was
// read can be counted.

#include <cstdint>
#include <string_view>

#include "model/checkpoint.h"
#include "model/footprint.h"
#include "model/refused.h"
#include "tests/fuzz/require.h"

namespace {

using namespace tomoscribe::model;  // NOLINT(google-build-using-namespace): one program

using tomoscribe::tests::require;

void check(const ModelConfig& config) {
  require(kv_bytes_per_token(config.text) > 0, "a token without keys\n");
  if (config.text.layers + config.vision.layers < 200) {
    const Parameters counted = count_parameters(config, true);
    require(counted.text > 0 && counted.vision > 0 && counted.projector > 0,
            "a part without parameters\n");
  }
  require(token_grid(512, 512, image_rule(config)).ids() > 1, "an image without tokens\n");
}

void read(ModelConfig (*reader)(std::string_view, const std::string&), std::string_view input) {
  try {
    check(reader(input, "fuzz"));
  } catch (const Refused& why) {
    const std::string_view sentence = why.what();
    require(sentence.size() > 8 && sentence.size() < 600, "the refusal is no sentence\n");
    require(sentence.find('\n') == std::string_view::npos, "the refusal has more than one line\n");
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes
  read(read_hugging_face_config, input);
  read(read_mistral_params, input);
  return 0;
}
