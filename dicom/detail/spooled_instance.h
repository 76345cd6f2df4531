#pragma once

#include <filesystem>
#include <string>

#include "dicom/intake.h"

namespace tomoscribe::dicom::detail {

/// The data set's identity is not the command's (DIMSE A900).
class IdentityMismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads, checks and hashes a spooled Part 10 file. \throws Malformed, IdentityMismatch.
ReceivedInstance examine(const std::filesystem::path& spool_file, const std::string& command_class,
                         const std::string& command_instance);

}  // namespace tomoscribe::dicom::detail
