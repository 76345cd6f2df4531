// A draft of whatever a language model may write: read or refused with its line, and what was read
// makes a sound version.

#include <cstdint>
#include <string_view>

#include "tests/fuzz/require.h"
#include "tests/support/example_proposals.h"

namespace {

using tomoscribe::tests::require;

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tomoscribe;                                               // NOLINT
  const std::string_view input(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes
  static const reporting::DraftContext context = tests::chest_context();
  static const reporting::ReportVersion measured = tests::example_draft();
  auto read = reporting::read_draft(input, context);
  if (const auto* cause = std::get_if<std::string>(&read)) {
    require(cause->starts_with("line "), "a refusal names no line\n");
    return 0;
  }
  reporting::ReportVersion version = measured;
  auto& proposals = std::get<reporting::Draft>(read).proposals;
  for (const reporting::Proposal& one : proposals)
    require(one.begin < one.end && one.end <= size, "a claim lies outside of its draft\n");
  reporting::add_proposals(version, std::move(proposals));
  require(reporting::faults(version).empty(), "the version is not sound\n");
  return 0;
}
