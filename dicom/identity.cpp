#include "dicom/identity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <openssl/sha.h>

namespace tomoscribe::dicom {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trim(std::string_view text) {
  const auto is_padding = [](char c) { return c == ' ' || c == '\0'; };
  while (!text.empty() && is_padding(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_padding(text.front())) text.remove_prefix(1);
  return text;
}

/// Big-endian bytes as a decimal number, by long division.
std::string decimal(std::array<unsigned char, 16> bytes) {
  std::string digits;
  while (std::ranges::any_of(bytes, [](unsigned char byte) { return byte != 0; })) {
    unsigned remainder = 0;
    for (unsigned char& byte : bytes) {
      const unsigned value = remainder * 256 + byte;
      byte = static_cast<unsigned char>(value / 10);
      remainder = value % 10;
    }
    digits.push_back(static_cast<char>('0' + remainder));
  }
  if (digits.empty()) return "0";
  std::ranges::reverse(digits);
  return digits;
}

template <std::size_t N, class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, N> text{};
  const int written = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(std::clamp(written, 0, static_cast<int>(N) - 1))};
}

struct LocalFields {
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0;
};

LocalFields local_fields(const Moment& moment) {
  const auto local = moment.utc + moment.offset;
  const auto midnight = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss time(local - midnight);
  return {static_cast<int>(day.year()),
          static_cast<unsigned>(day.month()),
          static_cast<unsigned>(day.day()),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count())};
}

std::string offset_text(std::chrono::minutes offset, const char* format) {
  const int minutes = static_cast<int>(offset.count());
  const int size = minutes < 0 ? -minutes : minutes;
  return formatted<16>(format, minutes < 0 ? '-' : '+', size / 60, size % 60);
}

}  // namespace

bool is_uid(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
  char previous = '.';
  for (const char c : text) {
    if (!is_digit(c) && (c != '.' || previous == '.')) return false;
    previous = c;
  }
  return true;
}

std::string uid_from_name(std::string_view name) {
  // Our namespace: the UUIDv5 of "tomoscribe" in the DNS namespace, written out so that it can
  // never change.
  constexpr std::array<unsigned char, 16> our_namespace{0x8c, 0x5b, 0x0d, 0x6e, 0x1f, 0x4a,
                                                        0x5e, 0x2b, 0x9a, 0x77, 0x3d, 0x10,
                                                        0xc4, 0x62, 0x7e, 0x95};
  std::string input(our_namespace.begin(), our_namespace.end());
  input += name;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(input.data()), input.size(),
       digest.data());  // NOLINT
  std::array<unsigned char, 16> uuid{};
  std::copy_n(digest.begin(), uuid.size(), uuid.begin());
  uuid[6] = static_cast<unsigned char>((uuid[6] & 0x0fU) | 0x50U);
  uuid[8] = static_cast<unsigned char>((uuid[8] & 0x3fU) | 0x80U);
  return "2.25." + decimal(uuid);
}

template <class Kind>
ShortText<Kind>::ShortText(std::string_view text) : text_(trim(text)) {
  const bool clean = std::ranges::none_of(
      text_, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; });
  if (!clean) throw Malformed(std::string("forbidden character in ") + Kind::name);
  if (text_.size() > Kind::limit) throw Malformed(std::string(Kind::name) + " too long");
}

template <class Kind>
std::optional<ShortText<Kind>> ShortText<Kind>::parse(std::string_view text) try {
  return ShortText(text);
} catch (const Malformed&) {
  return std::nullopt;
}

template class ShortText<AeTitleKind>;
template class ShortText<PatientIdKind>;
template class ShortText<AccessionKind>;

PersonName PersonName::parse_pn(std::string_view text) {
  text = text.substr(0, text.find('='));
  PersonName name;
  for (std::string* part : {&name.family, &name.given, &name.middle, &name.prefix, &name.suffix}) {
    const std::size_t caret = text.find('^');
    *part = std::string(trim(text.substr(0, caret)));
    if (caret == std::string_view::npos) break;
    text.remove_prefix(caret + 1);
  }
  return name;
}

std::string PersonName::pn() const {
  std::string text = family + '^' + given + '^' + middle + '^' + prefix + '^' + suffix;
  text.erase(text.find_last_not_of('^') + 1);
  return text;
}

std::string PersonName::display() const {
  std::string text;
  for (const std::string* part : {&prefix, &given, &middle, &family, &suffix}) {
    if (part->empty()) continue;
    if (!text.empty()) text += ' ';
    text += *part;
  }
  return text.empty() ? "unnamed" : text;
}

std::string Moment::iso() const {
  const LocalFields f = local_fields(*this);
  return formatted<64>("%04d-%02u-%02uT%02d:%02d:%02d", f.year, f.month, f.day, f.hour, f.minute,
                       f.second) +
         offset_text(offset, "%c%02d:%02d");
}

Moment Moment::parse_iso(std::string_view text) {
  const auto bad = [] { return Malformed("not an ISO 8601 instant with offset"); };
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    throw bad();
  const auto day = parse_date(text.substr(0, 10));
  const auto hour = number(text.substr(11, 2)), minute = number(text.substr(14, 2)),
             second = number(text.substr(17, 2));
  if (!day || !hour || !minute || !second || *hour < 0 || *hour > 23 || *minute < 0 ||
      *minute > 59 || *second < 0 || *second > 60)
    throw bad();
  std::chrono::minutes offset{0};
  const std::string_view zone = text.substr(19);
  if (zone != "Z") {
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') throw bad();
    const auto hours = number(zone.substr(1, 2)), minutes = number(zone.substr(4, 2));
    if (!hours || !minutes || *hours < 0 || *hours > 14 || *minutes < 0 || *minutes > 59)
      throw bad();
    offset = std::chrono::minutes((*hours * 60 + *minutes) * (zone[0] == '-' ? -1 : 1));
  }
  const auto local = std::chrono::sys_days(*day) + std::chrono::hours(*hour) +
                     std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  return {local - offset, offset};
}

std::string Moment::dtm() const {
  return date() + time() + offset_text(offset, "%c%02d%02d");
}

std::string Moment::date() const {
  const LocalFields f = local_fields(*this);
  return formatted<32>("%04d%02u%02u", f.year, f.month, f.day);
}

std::string Moment::time() const {
  const LocalFields f = local_fields(*this);
  return formatted<32>("%02d%02d%02d", f.hour, f.minute, f.second);
}

std::optional<double> parse_age_years(std::string_view text) {
  const std::string_view age = trim(text);
  if (age.size() != 4 || !std::ranges::all_of(age.substr(0, 3), is_digit)) return std::nullopt;
  const int count = 100 * (age[0] - '0') + 10 * (age[1] - '0') + (age[2] - '0');
  switch (age[3]) {
    case 'Y': return count;
    case 'M': return count / 12.0;
    case 'W': return count / 52.18;
    case 'D': return count / 365.25;
    default: return std::nullopt;
  }
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  std::string digits;
  for (const char c : trim(text)) {
    if (is_digit(c)) {
      digits.push_back(c);
    } else if ((c != '-' && c != '.') || (digits.size() != 4 && digits.size() != 6)) {
      return std::nullopt;
    }
  }
  if (digits.size() != 8) return std::nullopt;
  const std::string_view view = digits;
  const auto year = number(view.substr(0, 4)), month = number(view.substr(4, 2)),
             day = number(view.substr(6, 2));
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::string iso_date(std::chrono::year_month_day day) {
  return formatted<32>("%04d-%02u-%02u", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

}  // namespace tomoscribe::dicom
