// A vocabulary file from a stranger, tekken.json or SentencePiece: read or refused with a sentence.
// What was read encodes its own file as a text, and control tokens stay out of reach.

#include <cstdint>
#include <string>
#include <string_view>

#include "model/tokenizer/tokenizer.h"
#include "tests/fuzz/require.h"

namespace {

using namespace tomoscribe::model;  // NOLINT(google-build-using-namespace): a driver of one file

using tomoscribe::tests::require;

void use(const Tokenizer& tokenizer, std::string_view text, bool every_byte) {
  const auto ids = tokenizer.encode(text);
  StreamDecoder stream(tokenizer);
  std::string parts;
  for (const TokenId id : ids) {
    require(!every_byte || !tokenizer.is_control(id), "a text made a control token\n");
    parts += stream.push(id);
  }
  parts += stream.finish();
  const std::string whole = tokenizer.decode(ids);
  require(parts == whole, "the parts are not the whole\n");
  if (!every_byte) return;
  require(tokenizer.encode(whole) == ids, "what was decoded encodes to something else\n");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes
  const std::string_view text = input.substr(input.size() / 2, 2000);
  try {
    use(*read_tekken(input), text, true);
  } catch (const BadVocabulary& why) {
    require(!std::string_view(why.what()).empty(), "refused without a reason\n");
  }
  try {
    use(*read_sentencepiece(input), text, false);
  } catch (const BadVocabulary& why) {
    require(!std::string_view(why.what()).empty(), "refused without a reason\n");
  }
  return 0;
}
