#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace tomoscribe::pipeline {

/// A PostgreSQL of our own in a folder: reached by a socket in a folder that only its owner and
/// root can enter, never over the network, never run as root (as root the server runs as the user
/// `postgres`). It ends with its owner, also when the owner is killed.
class PrivateCluster {
 public:
  enum class Durability { durable, throwaway };  ///< throwaway: no fsync, for tests only

  /// Makes the cluster when the folder is new, starts it and waits until it answers.
  /// \throws std::runtime_error with one sentence: PostgreSQL missing, folder not writable, another
  /// major version, no start.
  explicit PrivateCluster(const std::filesystem::path& folder,
                          Durability durability = Durability::durable);
  ~PrivateCluster();  ///< fast shutdown, waits for it
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  /// For libpqxx. \param database "tomoscribe" is made with the cluster.
  std::string dsn(const std::string& database = "tomoscribe") const;
  /// The same of a cluster in `folder` that another process runs.
  static std::string dsn_of(const std::filesystem::path& folder,
                            const std::string& database = "tomoscribe");
  void stop();
  void start();          ///< after stop()
  bool running() const;  ///< false once the server has ended by itself

 private:
  std::filesystem::path folder_, binaries_;
  Durability durability_;
  pid_t pid_ = -1;
};

}  // namespace tomoscribe::pipeline
