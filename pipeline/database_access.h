#pragma once
// Which database the programs of one machine use: the configured one, or a private cluster in the
// data folder.

#include <filesystem>
#include <memory>
#include <string>

#include "pipeline/config.h"
#include "pipeline/private_cluster.h"
#include "pipeline/process.h"

namespace tomoscribe::pipeline {

/// A database to connect to, and the private cluster behind it where we run one.
struct DatabaseAccess {
  std::string dsn;
  std::unique_ptr<PrivateCluster> cluster;  ///< null: configured, or run by another process
};

/// Held by the process that runs the service (or its private cluster) on a data folder.
std::filesystem::path service_lock(const std::filesystem::path& data);

/// Where the private cluster of a data folder lies.
std::filesystem::path cluster_folder(const std::filesystem::path& data);

/// Makes the data folder, which PostgreSQL's user may pass through and nobody else may list.
/// \throws std::system_error.
void make_data_folder(const std::filesystem::path& data);

/// The configured database; else the private cluster, started here. A cluster whose owner was
/// killed a moment ago is waited for. \throws ConfigError, std::runtime_error with one sentence.
DatabaseAccess open_database(const Config& config, const std::filesystem::path& data);

}  // namespace tomoscribe::pipeline
