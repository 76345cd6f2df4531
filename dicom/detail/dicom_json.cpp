#include "dicom/detail/dicom_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/utf8.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr std::uint32_t longest_inline_bytes = 4096;
constexpr std::uint32_t longest_text_bytes = 1U << 20U;
constexpr int deepest_sequence = 16;

std::string base64(const std::uint8_t* bytes, std::size_t size) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < size; i += 3) {
    const auto at = [&](std::size_t k) { return i + k < size ? std::uint32_t{bytes[i + k]} : 0U; };
    const std::uint32_t group = at(0) << 16U | at(1) << 8U | at(2);
    text += alphabet[group >> 18U & 63U];
    text += alphabet[group >> 12U & 63U];
    text += i + 1 < size ? alphabet[group >> 6U & 63U] : '=';
    text += i + 2 < size ? alphabet[group & 63U] : '=';
  }
  return text;
}

template <class Number>
std::string number_text(Number value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string real_text(double value) {  // NaN and infinities are strings (PS3.18 F.2.3)
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  return number_text(value);
}

std::string_view trimmed(std::string_view text) {
  const auto padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && padding(text.back())) text.remove_suffix(1);
  while (!text.empty() && padding(text.front())) text.remove_prefix(1);
  return text;
}

std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> found;
  for (;;) {
    const std::size_t at = text.find(separator);
    found.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return found;
    text.remove_prefix(at + 1);
  }
}

/// DS and IS: a JSON number where the text is one, else the text as it is (PS3.18 F.2.3 allows
/// both).
std::string decimal_text(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value))
    return json_string(text);
  return number_text(value);
}

std::string person_name(std::string_view text) {
  static constexpr std::array<std::string_view, 3> groups{"Alphabetic", "Ideographic", "Phonetic"};
  std::string object;
  std::size_t group = 0;
  for (const std::string_view part : parts(text, '=')) {
    if (group == groups.size()) break;
    const std::string_view name = groups[group++];
    if (trimmed(part).empty()) continue;
    object += object.empty() ? "{" : ",";
    object += '"' + std::string(name) + "\":" + json_string(trimmed(part));
  }
  return object.empty() ? "null" : object + "}";
}

bool is_single_text(DcmEVR vr) {
  return vr == EVR_LT || vr == EVR_ST || vr == EVR_UT || vr == EVR_UR;
}

/// The values of a text element, joined by commas; empty when it has none.
std::string text_values(DcmElement& element, DcmEVR vr) {
  if (element.getLengthField() > longest_text_bytes) return {};
  OFString stored;
  if (element.getOFStringArray(stored, OFFalse).bad()) return {};
  const std::string_view whole = stored;
  if (trimmed(whole).empty()) return {};
  if (is_single_text(vr)) {
    const std::size_t last = whole.find_last_not_of(std::string_view(" \0", 2));
    return json_string(whole.substr(0, last + 1));
  }
  std::string values;
  for (const std::string_view part : parts(whole, '\\')) {
    if (!values.empty()) values += ',';
    const std::string_view text = trimmed(part);
    if (text.empty()) {
      values += "null";
    } else if (vr == EVR_PN) {
      values += person_name(text);
    } else if (vr == EVR_DS || vr == EVR_IS) {
      values += decimal_text(text);
    } else {
      values += json_string(text);
    }
  }
  return values;
}

template <class Value, class Read, class Write>
std::string listed(DcmElement& element, Read read, Write write) {
  std::string values;
  const unsigned long count = element.getLengthField() > longest_text_bytes ? 0 : element.getVM();
  for (unsigned long i = 0; i < count; ++i) {
    Value value{};
    if ((element.*read)(value, i).bad()) break;
    if (!values.empty()) values += ',';
    values += write(value);
  }
  return values;
}

std::string tag_text(const DcmTagKey& tag) {
  std::array<char, 16> text{};
  (void)std::snprintf(text.data(), text.size(), "%04X%04X", static_cast<unsigned>(tag.getGroup()),
                      static_cast<unsigned>(tag.getElement()));
  return text.data();
}

std::string binary_numbers(DcmElement& element, DcmEVR vr) {
  const auto number = [](auto value) { return number_text(value); };
  switch (vr) {
    case EVR_FL:
      return listed<Float32>(element, &DcmElement::getFloat32, [](Float32 v) {
        return std::isfinite(v) ? number_text(v) : real_text(v);
      });
    case EVR_FD: return listed<Float64>(element, &DcmElement::getFloat64, real_text);
    case EVR_SS: return listed<Sint16>(element, &DcmElement::getSint16, number);
    case EVR_US: return listed<Uint16>(element, &DcmElement::getUint16, number);
    case EVR_SL: return listed<Sint32>(element, &DcmElement::getSint32, number);
    case EVR_UL: return listed<Uint32>(element, &DcmElement::getUint32, number);
    case EVR_SV: return listed<Sint64>(element, &DcmElement::getSint64, number);
    case EVR_UV: return listed<Uint64>(element, &DcmElement::getUint64, number);
    default: return {};
  }
}

std::string tag_values(DcmElement& element) {
  std::string values;
  for (unsigned long i = 0; i < element.getVM(); ++i) {
    DcmTagKey tag;
    if (element.getTagVal(tag, i).bad()) break;
    if (!values.empty()) values += ',';
    values += '"' + tag_text(tag) + '"';
  }
  return values;
}

std::string inline_binary(DcmElement& element, DcmEVR vr) {
  const Uint32 length = element.getLengthField();
  if (length == 0 || length > longest_inline_bytes) return {};
  Uint8* bytes = nullptr;
  if (vr == EVR_OW || vr == EVR_OF || vr == EVR_OD || vr == EVR_OL || vr == EVR_OV) {
    Uint16* words =
        nullptr;  // 16-bit words in this machine's (little) endianness, as PS3.18 F.2.7 wants them
    if (vr == EVR_OW && element.getUint16Array(words).good() && words != nullptr)
      return base64(reinterpret_cast<const std::uint8_t*>(words),
                    length);  // NOLINT(*-reinterpret-cast)
    return {};
  }
  if (element.getUint8Array(bytes).bad() || bytes == nullptr) return {};
  return base64(bytes, length);
}

std::string object(DcmItem& item, int depth);

std::string sequence(DcmSequenceOfItems& items, int depth) {
  std::string values;
  if (depth >= deepest_sequence) return values;
  for (unsigned long i = 0; i < items.card(); ++i) {
    if (!values.empty()) values += ',';
    values += object(*items.getItem(i), depth + 1);
  }
  return values;
}

/// `"00100010":{"vr":"PN","Value":[…]}`; an empty element has no Value (PS3.18 F.2.2).
std::string member(DcmElement& element, int depth) {
  DcmEVR vr = element.getVR();
  std::string name = DcmVR(vr).getValidVRName();
  std::string values, binary;
  if (element.getTag() == DCM_PixelData || vr == EVR_pixelItem) {
    name = "OW";
  } else if (vr == EVR_SQ) {
    values = sequence(dynamic_cast<DcmSequenceOfItems&>(element), depth);
  } else if (vr == EVR_AT) {
    values = tag_values(element);
  } else if (DcmVR(vr).isaString()) {
    values = text_values(element, vr);
  } else if (vr = DcmVR(name.c_str()).getEVR(); vr == EVR_OB || vr == EVR_OW || vr == EVR_OF ||
                                                vr == EVR_OD || vr == EVR_OL || vr == EVR_OV ||
                                                vr == EVR_UN) {
    binary = inline_binary(element, vr);
  } else {
    values = binary_numbers(element, vr);
  }
  std::string text = '"' + tag_text(element.getTag()) + R"(":{"vr":")" + name + '"';
  if (!values.empty()) text += ",\"Value\":[" + values + ']';
  if (!binary.empty()) text += R"(,"InlineBinary":")" + binary + '"';
  return text + '}';
}

std::string object(DcmItem& item, int depth) {
  std::string text = "{";
  for (unsigned long i = 0; i < item.card(); ++i) {
    DcmElement* element = item.getElement(i);
    // Group lengths and the meta group are not part of the model (PS3.18 F.2.2).
    if (element == nullptr || element->getTag().getElement() == 0) continue;
    if (text.size() > 1) text += ',';
    text += member(*element, depth);
  }
  return text + '}';
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    const char c = text[i];
    if (length == 0) {
      quoted += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      (void)std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      quoted += escape.data();
    } else {
      quoted += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  return quoted + '"';
}

std::string dicom_json(DcmItem& item) {
  (void)item.convertToUTF8();  // an unknown character set stays as it is; json_string keeps the
                               // JSON valid
  return object(item, 0);
}

std::string json_array(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ",\n";
    text += item;
  }
  return text + ']';
}

}  // namespace tomoscribe::dicom::detail
