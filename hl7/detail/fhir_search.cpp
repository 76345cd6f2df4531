#include "hl7/detail/fhir_search.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace tomoscribe::hl7::detail {
namespace {

constexpr int most_per_page = 200, default_per_page = 50, most_skipped = 1000000;

/// [system|]value
struct Token {
  std::string system, value;
  bool has_system = false;
  bool any_value() const { return !system.empty() && value.empty(); }  ///< "system|"
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
    return (wanted.any_value() || value == wanted.value ||
            without_prefix(value, "urn:oid:") == wanted.value) &&
           (!wanted.has_system || wanted.system == system);
  });
}

/// The code system of a type's status: R4 binds each element of type code to one.
std::string_view status_system(std::string_view type) {
  if (type == "DiagnosticReport") return "http://hl7.org/fhir/diagnostic-report-status";
  if (type == "Observation") return "http://hl7.org/fhir/observation-status";
  if (type == "ImagingStudy") return "http://hl7.org/fhir/imagingstudy-status";
  return type == "ServiceRequest" ? "http://hl7.org/fhir/request-status" : "";
}

bool has_status(const Json& resource, const Token& wanted) {
  if (wanted.has_system && wanted.system != status_system(resource.value("resourceType", "")))
    return false;
  return wanted.any_value() || resource.value("status", "") == wanted.value;
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
  if (name == "status") return has_status(resource, token(value));
  Token wanted = token(value);
  wanted.value = without_prefix(wanted.value, "urn:oid:");
  return has_identifier(resource, wanted);
}

int number(const std::string& text, int most) {
  int result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size() || result < 0)
    throw Refused{400, "invalid", "a count is not a number"};
  return std::min(result, most);
}

bool is_page(std::string_view name) {
  return name == "_count" || name == "_offset";
}

bool is_known(const std::vector<const char*>& parameters, std::string_view name) {
  return name == "_offset" || std::ranges::find(parameters, name) != parameters.end();
}

/// "status:not" and "patient.identifier", of a parameter that is known without them.
void refuse_modified(const std::vector<const char*>& parameters, const std::string& name) {
  const std::size_t end = name.find_first_of(":.");
  if (end != std::string::npos && is_known(parameters, name.substr(0, end)))
    throw Refused{400, "not-supported",
                  "a modifier or chain of a search parameter is not supported"};
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
  search.count = default_per_page;
  std::set<std::string> pages;  // what says which page is wanted is said once
  for (const auto& [name, value] : query) {
    if (name == "_format" || name == "_pretty") continue;
    refuse_modified(parameters, name);
    const bool again = is_page(name) && !pages.insert(name).second;
    if (!again && is_known(parameters, name)) {
      search.take(name, value);
    } else {
      search.ignored = true;
    }
  }
  if (search.ignored && request.header("Prefer").find("handling=strict") != std::string::npos)
    throw Refused{400, "not-supported",
                  "a search parameter is not supported (strict handling was asked for)"};
  return search;
}

void Search::take(const std::string& name, const std::string& value) {
  if (name == "_count") {
    count = number(value, most_per_page);
  } else if (name == "_offset") {
    offset = number(value, most_skipped);
  } else {
    values.emplace_back(name, value);
  }
}

std::string Search::only(const char* parameter) const {
  for (const auto& [name, value] : values)
    if (name == parameter && value.find(',') == std::string::npos) return value;
  return {};
}

bool Search::matches(const Json& resource) const {
  return std::ranges::all_of(values, [&](const auto& pair) {
    const auto& [name, wanted] = pair;
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
  for (const auto& [name, value] : values) url += "&" + name + "=" + url_encoded(value);
  if (at_offset > 0) url += "&_offset=" + std::to_string(at_offset);
  return url;
}

std::string identifier_value(const std::string& text) {
  return without_prefix(token(text).value, "urn:oid:");
}

}  // namespace tomoscribe::hl7::detail
