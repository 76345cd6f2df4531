#include "dicom/detail/media_type.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace tomoscribe::dicom::detail {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// Pieces between separators that stand outside quotes.
std::vector<std::string_view> pieces(std::string_view text, char separator) {
  std::vector<std::string_view> found;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (quoted || text[i] != separator)) continue;
    found.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return found;
}

bool is_zero(std::string_view quality) {
  return !quality.empty() && quality.find_first_not_of("0.") == std::string_view::npos;
}

bool media_matches(std::string_view pattern, std::string_view type) {
  if (pattern == "*/*" || pattern == type) return true;
  return pattern.ends_with("/*") && type.starts_with(pattern.substr(0, pattern.size() - 1));
}

/// One entry of an Accept header; nullopt when it says "not this" (q=0) or nothing.
std::optional<AcceptedType> accepted_type(std::string_view entry) {
  const auto fields = pieces(entry, ';');
  AcceptedType type{.media = lower(fields.front()), .type = {}, .transfer_syntax = {}};
  if (type.media.empty()) return std::nullopt;
  for (const std::string_view field : std::span(fields).subspan(1)) {
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = lower(trimmed(field.substr(0, equals)));
    std::string_view value = trimmed(field.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (name == "type") type.type = lower(value);
    if (name == "transfer-syntax") type.transfer_syntax = value;
    if (name == "q" && is_zero(value)) return std::nullopt;
  }
  return type;
}

}  // namespace

std::vector<AcceptedType> parse_accept(std::string_view header) {
  if (trimmed(header).empty()) return {{.media = "*/*", .type = {}, .transfer_syntax = {}}};
  std::vector<AcceptedType> types;
  for (const std::string_view entry : pieces(header, ','))
    if (auto type = accepted_type(entry)) types.push_back(std::move(*type));
  return types;
}

Container container_for(std::string_view accept, std::string_view type,
                        const std::vector<std::string>& syntaxes) {
  bool single = false;
  for (const AcceptedType& entry : parse_accept(accept)) {
    const bool syntax_fits = entry.transfer_syntax.empty() || entry.transfer_syntax == "*" ||
                             syntaxes.empty() ||
                             std::ranges::find(syntaxes, entry.transfer_syntax) != syntaxes.end();
    if (!syntax_fits) continue;
    if (media_matches(entry.media, "multipart/related") &&
        (entry.type.empty() || media_matches(entry.type, type)))
      return Container::multipart;
    single = single || media_matches(entry.media, type);
  }
  return single ? Container::single : Container::none;
}

std::string one_part(std::string_view boundary, std::string_view content_type,
                     std::string_view location, std::string_view content) {
  std::string body;
  body.reserve(content.size() + 512);
  body.append("--").append(boundary).append("\r\nContent-Type: ").append(content_type);
  body.append("\r\nContent-Location: ").append(location).append("\r\n\r\n");
  body.append(content).append("\r\n--").append(boundary).append("--\r\n");
  return body;
}

}  // namespace tomoscribe::dicom::detail
