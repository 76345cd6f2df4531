// HL7 v2 from a stranger: read or refused, and what was read survives writing. An order made of it
// can be acknowledged.

#include <cstdint>
#include <string_view>

#include "hl7/order_message.h"
#include "tests/fuzz/require.h"

namespace {

using tomoscribe::tests::require;

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tomoscribe;                                               // NOLINT
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes
  const reporting::Moment now{};
  try {
    const hl7::Message message = hl7::Message::parse(input);
    const std::string written = message.encode();
    const hl7::Message again = hl7::Message::parse(written);
    require(again.segments().size() == message.segments().size(), "a segment was lost or won\n");
    require(again.encode() == written, "writing twice differs\n");
    const std::string answer = hl7::acknowledgement(message, "AA", now, "1");
    require(hl7::Message::parse(answer).segments().size() == 2, "the answer is broken\n");
    hl7::read_order(message);
  } catch (const hl7::Rejected& why) {
    const std::string answer = hl7::acknowledgement_of_garbage(input, now, "1", why);
    require(hl7::Message::parse(answer).segments().size() == 3, "the refusal is broken\n");
  }
  return 0;
}
