#pragma once
// One JSON line per event. Fields are typed so that what names a patient cannot be handed in by
// accident.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "dicom/blob_store.h"
#include "dicom/identity.h"

namespace tomoscribe::pipeline {

/// A named value of a log line: our ids, UIDs, AE titles, numbers, and words of our own.
class Field {
 public:
  Field(std::string_view name, bool value) : name_(name), value_(value) {}
  Field(std::string_view name, int value) : name_(name), value_(std::int64_t{value}) {}
  Field(std::string_view name, std::int64_t value) : name_(name), value_(value) {}
  Field(std::string_view name, std::uint64_t value)
      : name_(name), value_(static_cast<std::int64_t>(value)) {}
  Field(std::string_view name, double value) : name_(name), value_(value) {}
  Field(std::string_view name, const dicom::BlobId& id) : name_(name), value_(id.str()) {}
  Field(std::string_view name, const dicom::AeTitle& title) : name_(name), value_(title.str()) {}
  template <class Kind>
  Field(std::string_view name, const dicom::Uid<Kind>& uid) : name_(name), value_(uid.str()) {}
  /// Words and sentences of our own; never what a message or a data set said.
  Field(std::string_view name, std::string_view ours) : name_(name), value_(std::string(ours)) {}
  Field(std::string_view name, const std::string& ours) : name_(name), value_(ours) {}
  Field(std::string_view name, const char* ours) : name_(name), value_(std::string(ours)) {}
  Field(std::string_view, const dicom::PersonName&) = delete;
  Field(std::string_view, const dicom::PatientId&) = delete;
  Field(std::string_view, const dicom::AccessionNumber&) = delete;

  std::string_view name() const { return name_; }
  const auto& value() const { return value_; }

 private:
  std::string_view name_;
  std::variant<bool, std::int64_t, double, std::string> value_;
};

/// Writes whole lines to a file descriptor, by default stderr. Thread-safe.
class Log {
 public:
  explicit Log(std::string program, int descriptor = 2)
      : program_(std::move(program)), descriptor_(descriptor) {}
  void info(std::string_view event, std::initializer_list<Field> fields = {}) const;
  void warn(std::string_view event, std::initializer_list<Field> fields = {}) const;
  void error(std::string_view event, std::initializer_list<Field> fields = {}) const;

  /// The line without its end, for `level` at `time` (ISO 8601). Pure.
  std::string line(std::string_view level, std::string_view time, std::string_view event,
                   std::initializer_list<Field> fields) const;

 private:
  void write(std::string_view level, std::string_view event,
             std::initializer_list<Field> fields) const;
  std::string program_;
  int descriptor_;
};

}  // namespace tomoscribe::pipeline
