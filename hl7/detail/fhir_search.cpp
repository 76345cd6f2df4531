#include "hl7/detail/fhir_search.h"

#include <algorithm>
#include <charconv>

namespace tomoscribe::hl7::detail {
namespace {

constexpr int most_per_page = 200, default_per_page = 50, most_skipped = 1000000;

/// [system|]value
struct Token {
  std::string system, value;
  bool has_system = false;
};
Token token(const std::string& text) {
  const std::size_t bar = text.find('|');
  if (bar == std::string::npos) return {.value = text};
  return {.system = text.substr(0, bar), .value = text.substr(bar + 1), .has_system = true};
}

std::string without_prefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

bool has_identifier(const Json& resource, const Token& wanted) {
  if (!resource.contains("identifier")) return false;
  return std::ranges::any_of(resource["identifier"], [&](const Json& identifier) {
    const std::string value = identifier.value("value", ""),
                      system = identifier.value("system", "");
    return (value == wanted.value || without_prefix(value, "urn:oid:") == wanted.value) &&
           (!wanted.has_system || wanted.system == system);
  });
}

/// The logical id in a reference to a patient: an id, "Patient/id" or an absolute URL.
std::string referred_patient(const std::string& reference) {
  constexpr std::string_view type = "Patient/";
  const std::size_t at = reference.rfind(type);
  return at == std::string::npos ? reference : reference.substr(at + type.size());
}

bool fits(const Json& resource, const std::string& name, const std::string& value) {
  if (name == "_id") return resource["id"] == value;
  if (name == "patient")
    return resource.contains("subject") &&
           resource["subject"].value("reference", "") == "Patient/" + referred_patient(value);
  if (name == "status") return resource.value("status", "") == token(value).value;
  Token wanted = token(value);
  wanted.value = without_prefix(wanted.value, "urn:oid:");
  return has_identifier(resource, wanted);
}

int number(const std::map<std::string, std::string>& values, const char* name, int fallback,
           int most) {
  const auto found = values.find(name);
  if (found == values.end()) return fallback;
  int result = 0;
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size() || result < 0)
    throw Refused{400, "invalid", "a count is not a number"};
  return std::min(result, most);
}

std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
    if (plain) {
      out += c;
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      out += {'%', digits[static_cast<unsigned char>(c) >> 4U],
              digits[static_cast<unsigned char>(c) & 15U]};
    }
  }
  return out;
}

}  // namespace

SearchPairs form_fields(std::string_view body) {
  SearchPairs fields;
  while (!body.empty()) {
    const std::size_t amp = body.find('&');
    const std::string_view field = body.substr(0, amp);
    const std::size_t equals = field.find('=');
    fields.emplace_back(
        form_decoded(field.substr(0, equals)),
        equals == std::string_view::npos ? "" : form_decoded(field.substr(equals + 1)));
    if (amp == std::string_view::npos) break;
    body.remove_prefix(amp + 1);
  }
  return fields;
}

Search Search::understood(const dicom::HttpRequest& request,
                          const std::vector<const char*>& parameters, const SearchPairs& query) {
  Search search;
  const bool strict = request.header("Prefer").find("handling=strict") != std::string::npos;
  for (const auto& [name, value] : query) {
    if (name == "_format" || name == "_pretty") continue;
    const bool known = name == "_offset" ||
                       std::ranges::any_of(parameters, [&name = name](std::string_view parameter) {
                         return parameter == name;
                       });
    if (!known || search.values.contains(name)) {
      if (strict)
        throw Refused{400, "not-supported",
                      "a search parameter is not supported (strict handling was asked for)"};
      search.ignored = true;
      continue;
    }
    search.values[name] = value;
  }
  search.count = number(search.values, "_count", default_per_page, most_per_page);
  search.offset = number(search.values, "_offset", 0, most_skipped);
  return search;
}

std::string Search::only(const char* parameter) const {
  const auto found = values.find(parameter);
  return found == values.end() || found->second.find(',') != std::string::npos ? "" : found->second;
}

bool Search::matches(const Json& resource) const {
  return std::ranges::all_of(values, [&](const auto& pair) {
    const auto& [name, wanted] = pair;
    if (name == "_count" || name == "_offset") return true;
    std::string_view rest = wanted;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (fits(resource, name, std::string(rest.substr(0, comma)))) return true;
      if (comma == std::string_view::npos) return false;
      rest.remove_prefix(comma + 1);
    }
  });
}

std::string Search::link(const std::string& type_url, int at_offset) const {
  std::string url = type_url + "?_count=" + std::to_string(count);
  for (const auto& [name, value] : values)
    if (name != "_count" && name != "_offset") url += "&" + name + "=" + url_encoded(value);
  if (at_offset > 0) url += "&_offset=" + std::to_string(at_offset);
  return url;
}

std::string identifier_value(const std::string& text) {
  return without_prefix(token(text).value, "urn:oid:");
}

}  // namespace tomoscribe::hl7::detail
