#include "pipeline/database_access.h"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace tomoscribe::pipeline {
namespace {

using namespace std::chrono_literals;

/// After a kill the old server ends by itself, which takes it a moment.
std::unique_ptr<PrivateCluster> start_cluster(const std::filesystem::path& folder) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  const auto lock_file = folder / "data" / "postmaster.pid";
  while (true) {
    // Asked before: the old one may be gone a moment after it kept the new one from starting.
    const bool old_server = std::filesystem::exists(lock_file);
    try {
      return std::make_unique<PrivateCluster>(folder);
    } catch (const std::runtime_error&) {
      if (!old_server || std::chrono::steady_clock::now() > deadline) throw;
    }
    std::this_thread::sleep_for(300ms);
  }
}

}  // namespace

std::filesystem::path service_lock(const std::filesystem::path& data) {
  return data / "service.lock";
}

std::filesystem::path cluster_folder(const std::filesystem::path& data) {
  return data / "postgres";
}

void make_data_folder(const std::filesystem::path& data) {
  using std::filesystem::perms;
  make_folder(data, perms::owner_all | perms::group_exec | perms::others_exec);
  make_folder(data / "store", perms::owner_all);
}

DatabaseAccess open_database(const Config& config, const std::filesystem::path& data) {
  DatabaseAccess access{.dsn = config.database_dsn(), .cluster = nullptr};
  if (!access.dsn.empty()) return access;
  access.cluster = start_cluster(cluster_folder(data));
  access.dsn = access.cluster->dsn();
  return access;
}

}  // namespace tomoscribe::pipeline
