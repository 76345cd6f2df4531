#pragma once
// How one value stands in the report's JSON: texts, numbers, identities, moments, words. Throws
// what nlohmann throws, or dicom::Malformed, when it is not one.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "dicom/blob_store.h"
#include "dicom/identity.h"
#include "reporting/report.h"

namespace tomoscribe::reporting::detail {

using Json = nlohmann::ordered_json;

inline void write(Json& json, const std::string& value) {
  json = value;
}
inline void write(Json& json, bool value) {
  json = value;
}
inline void write(Json& json, int value) {
  json = value;
}
inline void write(Json& json, double value) {
  json = value;
}
inline void write(Json& json, std::uint64_t value) {
  json = value;
}
inline void read(const Json& json, std::string& value) {
  value = json.get<std::string>();
}
inline void read(const Json& json, bool& value) {
  value = json.get<bool>();
}
inline void read(const Json& json, int& value) {
  value = json.get<int>();
}
inline void read(const Json& json, double& value) {
  value = json.get<double>();
}
inline void read(const Json& json, std::uint64_t& value) {
  value = json.get<std::uint64_t>();
}

template <class Kind>
void write(Json& json, const dicom::Uid<Kind>& value) {
  json = value.str();
}
template <class Kind>
void write(Json& json, const dicom::ShortText<Kind>& value) {
  json = value.str();
}
template <class Kind>
void read(const Json& json, dicom::ShortText<Kind>& value) {
  value = dicom::ShortText<Kind>(json.get<std::string>());
}
inline void write(Json& json, const dicom::BlobId& value) {
  json = value.str();
}
inline void write(Json& json, const Moment& value) {
  json = value.iso();
}
inline void read(const Json& json, Moment& value) {
  value = Moment::parse_iso(json.get<std::string>());
}
inline void write(Json& json, const std::chrono::year_month_day& value) {
  json = dicom::iso_date(value);
}
inline void read(const Json& json, std::chrono::year_month_day& value) {
  const auto day = dicom::parse_date(json.get<std::string>());
  if (!day) throw dicom::Malformed("not a date");
  value = *day;
}

template <class T>
concept Worded = requires(T value) {
  { to_text(value) } -> std::same_as<std::string_view>;
};
template <Worded T>
void write(Json& json, T value) {
  json = to_text(value);
}
template <Worded T>
void read(const Json& json, T& value) {
  const auto known = from_text<T>(json.get<std::string>());
  if (!known) throw dicom::Malformed("unknown word");
  value = *known;
}
template <class Kind>
void read(const Json& json, dicom::Uid<Kind>& value) {
  value = dicom::Uid<Kind>(json.get<std::string>());
}
inline void read(const Json& json, dicom::BlobId& value) {
  value = dicom::BlobId(json.get<std::string>());
}

/// What a value is read into: types that hold an identity cannot be made without one.
template <class T>
T blank() {
  return T{};
}
template <>
inline dicom::BlobId blank() {
  return dicom::BlobId(std::string(64, '0'));
}
template <>
inline dicom::StudyUid blank() {
  return dicom::StudyUid("0");
}
template <>
inline dicom::FrameOfReferenceUid blank() {
  return dicom::FrameOfReferenceUid("0");
}
template <>
inline SeriesUse blank() {
  return {.uid = dicom::SeriesUid("0")};
}
template <>
inline Study blank() {
  return {.uid = dicom::StudyUid("0")};
}
template <>
inline Evidence blank() {
  return {.series = dicom::SeriesUid("0"), .instance = dicom::SopInstanceUid("0")};
}
template <>
inline Comparison blank() {
  return {.study = dicom::StudyUid("0")};
}
template <>
inline Finding blank() {
  return {.tracking = dicom::TrackingUid("0")};
}
template <>
inline ReportVersion blank() {
  return {.study = blank<Study>()};
}

}  // namespace tomoscribe::reporting::detail
