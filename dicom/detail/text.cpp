#include "dicom/detail/text.h"

#include <charconv>
#include <cmath>

namespace tomoscribe::dicom::detail {
namespace {

std::string trimmed(std::string_view text) {
  const auto padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && padding(text.back())) text.remove_suffix(1);
  while (!text.empty() && padding(text.front())) text.remove_prefix(1);
  return std::string(text);
}

DcmElement* find(DcmItem& item, const DcmTagKey& tag) {
  DcmElement* element = nullptr;
  return item.findAndGetElement(tag, element).good() ? element : nullptr;
}

}  // namespace

std::string text(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  DcmElement* element = find(item, tag);
  if (element == nullptr || element->getOFStringArray(value).bad()) return {};
  return trimmed(std::string_view(value.data(), value.size()));
}

std::string text_at(DcmItem& item, const DcmTagKey& tag, unsigned long index) {
  OFString value;
  DcmElement* element = find(item, tag);
  if (element == nullptr || element->getOFString(value, index).bad()) return {};
  return trimmed(std::string_view(value.data(), value.size()));
}

std::vector<std::string> texts(DcmItem& item, const DcmTagKey& tag) {
  std::vector<std::string> values;
  DcmElement* element = find(item, tag);
  if (element == nullptr) return values;
  constexpr unsigned long most = 64;  // a header with more values than that is not one we read
  const unsigned long count = std::min(element->getVM(), most);
  for (unsigned long i = 0; i < count; ++i) values.push_back(text_at(item, tag, i));
  return values;
}

std::optional<double> number(DcmItem& item, const DcmTagKey& tag, unsigned long index) {
  const std::string digits = text_at(item, tag, index);
  std::string_view view = digits;
  if (!view.empty() && view.front() == '+') view.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  if (error != std::errc{} || end != view.data() + view.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int> integer(DcmItem& item, const DcmTagKey& tag) {
  const auto value = number(item, tag);
  if (!value || *value < -2147483648.0 || *value > 2147483647.0) return std::nullopt;
  return static_cast<int>(*value);
}

DcmItem* first_item(DcmItem& item, const DcmTagKey& sequence) {
  DcmItem* first = nullptr;
  return item.findAndGetSequenceItem(sequence, first, 0).good() ? first : nullptr;
}

}  // namespace tomoscribe::dicom::detail
