#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/config.h"
#include "pipeline/log.h"

namespace tomoscribe::pipeline {

/// The ports that really listen.
struct Ports {
  std::uint16_t dicom = 0, mllp = 0, http = 0;
};

/// Sockets to database and back: DICOM, MLLP and HTTP listeners and the deliveries of signed
/// reports.
class Gateway {
 public:
  /// Listens on return. `data` holds the store and the spool. \throws ConfigError, db::Unavailable,
  /// std::system_error.
  Gateway(const Config& config, const std::filesystem::path& data, const Log& log);
  ~Gateway();  ///< stops accepting, finishes what is in flight, joins
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  Ports ports() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Where a gateway says that it is ready: written whole, by rename.
void write_ready_file(const std::filesystem::path& file, const Ports& ports);
/// nullopt while there is none.
std::optional<Ports> read_ready_file(const std::filesystem::path& file);

/// Where the built page lies: as configured, installed, or in the source tree this program was
/// built in.
std::filesystem::path page_folder(const Config& config);

}  // namespace tomoscribe::pipeline
