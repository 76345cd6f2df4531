#pragma once
// A phantom as a DICOM study.

#include <filesystem>
#include <optional>
#include <string>

#include "dicom/instance_header.h"
#include "model/phantom/phantom.h"

namespace tomoscribe::pipeline {

/// Whose study it is said to be; empty: made from the seed.
struct PhantomIdentity {
  std::string patient_id, accession, study_uid;
  /// The real series that findings were put into: its kernel, kVp, agent and tilt are kept, none of
  /// its names, dates or UIDs.
  std::optional<dicom::InstanceHeader> background;
};

/// UIDs are made from all that decides the pixels and whose they are, so that sending twice changes
/// nothing. A prior is dated Settings::weeks_before earlier.
/// \throws dicom::Malformed when an identity is no DICOM value.
dicom::InstanceHeader phantom_header(const model::phantom::Settings& settings,
                                     const PhantomIdentity& identity);

/// slice-0001.dcm (lowest) …, order.hl7 (ORM^O01), then truth.json: its presence says that the
/// study is whole. \throws std::runtime_error in one sentence.
void write_phantom_study(const std::filesystem::path& folder,
                         const model::phantom::Phantom& phantom, const PhantomIdentity& identity);

/// slice-0001.dcm.
std::string phantom_slice_name(int number);
/// truth.json by a temporary name.
void write_truth_file(const std::filesystem::path& folder, const std::string& text);

}  // namespace tomoscribe::pipeline
