// Weights from a stranger: read or refused by one sentence, and what was read lies inside the file,
// every byte of the data belonging to one tensor.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "model/refused.h"
#include "model/safetensors.h"
#include "tests/fuzz/require.h"

namespace {

using tomoscribe::tests::require;

void check(const tomoscribe::model::SafetensorsContent& content, const std::byte* begin,
           std::size_t size) {
  std::size_t sum = 0;
  const std::byte* reached = nullptr;
  std::set<std::string> names;
  for (const auto& tensor : content.tensors) {
    require(tensor.data >= begin + 8 && tensor.data + tensor.bytes <= begin + size,
            "a tensor lies outside the file\n");
    require(reached == nullptr || tensor.data == reached, "tensors overlap or leave a gap\n");
    reached = tensor.data + tensor.bytes;
    sum += tensor.bytes;
    require(names.insert(tensor.name).second, "a name is used twice\n");
    std::int64_t product = 1;
    for (const std::int64_t length : tensor.shape) product *= length;
    require(tomoscribe::model::elements(tensor) == product, "shape and bytes differ\n");
  }
  require(reached == nullptr || reached == begin + size, "bytes are left over\n");
  require(sum <= size, "more bytes than the file has\n");
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tomoscribe;                                    // NOLINT
  const auto* bytes = reinterpret_cast<const std::byte*>(data);  // NOLINT: bytes
  try {
    check(model::read_safetensors(bytes, size, "fuzz"), bytes, size);
  } catch (const model::Refused& why) {
    const std::string_view sentence = why.what();
    require(sentence.size() > 8 && sentence.size() < 600, "the refusal is no sentence\n");
    require(sentence.find('\n') == std::string_view::npos, "the refusal has more than one line\n");
  }
  return 0;
}
