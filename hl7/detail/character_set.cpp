#include "hl7/detail/character_set.h"

#include <algorithm>
#include <array>
#include <iconv.h>

#include "hl7/message.h"

namespace tomoscribe::hl7::detail {

std::string to_utf8(std::string_view text, const char* set) {
  iconv_t converter = ::iconv_open("UTF-8", set);
  if (converter == reinterpret_cast<iconv_t>(-1))  // NOLINT(performance-no-int-to-ptr): iconv(3)
    throw Rejected("the character set in MSH-18 is not supported", 103, "MSH^1^18");
  std::string input(text), output(input.size() * 4 + 4, '\0');
  char* from = input.data();
  char* to = output.data();
  std::size_t left = input.size(), room = output.size();
  const bool bad = ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1);
  ::iconv_close(converter);
  if (bad) throw Rejected("the text does not fit the character set in MSH-18", 102, "MSH^1^18");
  output.resize(output.size() - room);
  return output;
}

const char* iconv_name(std::string_view set) {
  struct Name {
    std::string_view hl7;
    const char* iconv;
  };
  static constexpr std::array names{
      Name{"8859/1", "ISO-8859-1"},   Name{"8859/2", "ISO-8859-2"},    Name{"8859/3", "ISO-8859-3"},
      Name{"8859/4", "ISO-8859-4"},   Name{"8859/5", "ISO-8859-5"},    Name{"8859/6", "ISO-8859-6"},
      Name{"8859/7", "ISO-8859-7"},   Name{"8859/8", "ISO-8859-8"},    Name{"8859/9", "ISO-8859-9"},
      Name{"8859/15", "ISO-8859-15"}, Name{"GB 18030-2000", "GB18030"}};
  const auto* const found = std::ranges::find(names, set, &Name::hl7);
  if (found != names.end()) return found->iconv;
  if (set.empty() || set == "ASCII" || set == "UNICODE UTF-8" || set == "UNICODE" ||
      set == "UTF-8" || set == "utf-8")
    return nullptr;
  throw Rejected("the character set in MSH-18 is not supported", 103, "MSH^1^18");
}

}  // namespace tomoscribe::hl7::detail
