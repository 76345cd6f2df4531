#pragma once
// Identities that travel through every room. Standard library only; parsed once at the edge, then
// always valid.

#include <chrono>
#include <compare>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tomoscribe::dicom {

/// A value from outside that breaks the standard's rule for its kind. The message never holds the
/// value itself: it may be a patient's.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// True for 1–64 characters of digits and dots with no empty component.
/// Leading zeros in a component are tolerated (they occur in real archives).  Standard: PS3.5 9.1.
bool is_uid(std::string_view text);

/// A UID of one kind; kinds do not convert into each other.
template <class Kind>
class Uid {
 public:
  /// Trailing spaces and NULs (PS3.5 padding) are dropped.
  /// \throws Malformed unless is_uid(text).
  explicit Uid(std::string_view text) : text_(trimmed(text)) {
    if (!is_uid(text_)) throw Malformed(std::string("not a ") + Kind::name);
  }
  static std::optional<Uid> parse(std::string_view text) {
    if (!is_uid(trimmed(text))) return std::nullopt;
    return Uid(text);
  }
  const std::string& str() const { return text_; }
  auto operator<=>(const Uid&) const = default;

 private:
  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    return text;
  }
  std::string text_;
};

struct StudyKind {
  static constexpr const char* name = "Study Instance UID";
};
struct SeriesKind {
  static constexpr const char* name = "Series Instance UID";
};
struct SopInstanceKind {
  static constexpr const char* name = "SOP Instance UID";
};
struct FrameOfReferenceKind {
  static constexpr const char* name = "Frame of Reference UID";
};
struct TrackingKind {
  static constexpr const char* name = "Tracking Unique Identifier";
};

using StudyUid = Uid<StudyKind>;
using SeriesUid = Uid<SeriesKind>;
using SopInstanceUid = Uid<SopInstanceKind>;
using FrameOfReferenceUid = Uid<FrameOfReferenceKind>;
using TrackingUid = Uid<TrackingKind>;

/// A UID under 2.25 that depends on `name` alone (UUID version 5 in our namespace, RFC 4122 4.3;
/// PS3.5 B.2): the same name gives the same UID on every machine, so re-sending is idempotent.
std::string uid_from_name(std::string_view name);

/// A text with a maximum length and no control characters or backslash; kinds do not convert into
/// each other. Leading and trailing spaces are dropped.
template <class Kind>
class ShortText {
 public:
  ShortText() = default;  ///< empty: unknown
  /// \throws Malformed when longer than the kind allows or when a forbidden character occurs.
  explicit ShortText(std::string_view text);
  static std::optional<ShortText> parse(std::string_view text);
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const ShortText&) const = default;

 private:
  std::string text_;
};

struct AeTitleKind {
  static constexpr const char* name = "AE title";
  static constexpr std::size_t limit = 16;
};
struct PatientIdKind {
  static constexpr const char* name = "Patient ID";
  static constexpr std::size_t limit = 64;
};
struct AccessionKind {
  static constexpr const char* name = "Accession Number";
  static constexpr std::size_t limit = 64;
};

using AeTitle = ShortText<AeTitleKind>;
using PatientId = ShortText<PatientIdKind>;
using AccessionNumber = ShortText<AccessionKind>;  ///< 16 characters in DICOM, more in HL7; UTF-8

/// The alphabetic group of a person's name (PS3.5 6.2 PN), UTF-8. Never written to a log.
struct PersonName {
  std::string family, given, middle, prefix, suffix;

  /// From `Family^Given^Middle^Prefix^Suffix[=…]`; ideographic and phonetic groups are left out.
  static PersonName parse_pn(std::string_view text);
  /// `Family^Given^…` without trailing carets.
  std::string pn() const;
  /// For people: "Prefix Given Middle Family Suffix", or "unnamed".
  std::string display() const;
  bool empty() const {
    return family.empty() && given.empty() && middle.empty() && prefix.empty() && suffix.empty();
  }
  auto operator<=>(const PersonName&) const = default;
};

/// A coded concept (PS3.3 8): (value, scheme designator, meaning), e.g. {"39607008", "SCT",
/// "Lung"}.
struct Code {
  std::string value, scheme, meaning;
  bool empty() const { return value.empty(); }
  auto operator<=>(const Code&) const = default;
};

/// An instant with the offset of the place that wrote it; seconds resolution.
struct Moment {
  std::chrono::sys_seconds utc{};
  std::chrono::minutes offset{0};
  auto operator<=>(const Moment&) const = default;

  /// ISO 8601 with offset, "2026-11-24T15:04:05+01:00" (FHIR instant).
  std::string iso() const;
  /// \throws Malformed unless `text` has the form that iso() writes ("Z" is taken as +00:00).
  static Moment parse_iso(std::string_view text);
  /// "20261124150405+0100" (HL7 v2 DTM; DICOM DT).
  std::string dtm() const;
  std::string date() const;  ///< local "20261124" (DICOM DA)
  std::string time() const;  ///< local "150405" (DICOM TM)
};

/// A calendar date from "YYYYMMDD" or "YYYY-MM-DD" (legacy dots allowed); nullopt unless it is a
/// real day.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

/// "034Y", "018M", "006W", "003D" (AS) in years; nullopt for anything else. Standard: PS3.5 6.2.
std::optional<double> parse_age_years(std::string_view text);
/// "2026-11-24".
std::string iso_date(std::chrono::year_month_day day);

}  // namespace tomoscribe::dicom
