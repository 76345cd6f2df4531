#include <iostream>
#include <string>

#include "db/database.h"
#include "pipeline/commands.h"
#include "pipeline/database_access.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/program.h"

namespace tomoscribe::pipeline {
namespace {

/// The configured database, the cluster of a running service, or the cluster started for this call.
DatabaseAccess reach_database(const Config& config, const std::filesystem::path& data,
                              std::optional<FileLock>& lock) {
  const std::filesystem::path cluster = cluster_folder(data);
  if (config.database_dsn().empty()) {
    if (!std::filesystem::exists(cluster))
      throw std::runtime_error("no database is configured and there is none in " + data.string() +
                               ": start tomoscribe up, set database.dsn or name --data");
    lock = FileLock::take(service_lock(data));
    if (!lock) return {.dsn = PrivateCluster::dsn_of(cluster), .cluster = nullptr};
  }
  return open_database(config, data);
}

int migrate(const std::string& dsn) {
  const int applied = db::migrate(dsn);
  const auto version = db::schema_version(dsn);
  std::cout << "schema " << version.database << ": "
            << (applied == 0 ? "nothing to do" : std::to_string(applied) + " migration(s) applied")
            << '\n';
  return 0;
}

int status(const std::string& dsn) {
  const auto version = db::schema_version(dsn);
  std::cout << "schema      " << version.database << " (this program: " << version.program << ")\n";
  if (version.database != version.program) {
    std::cout << "            run tomoscribe db migrate\n";
    return 1;
  }
  const auto census = db::census(dsn);
  std::cout << "studies     " << census.studies << "\ninstances   " << census.instances
            << "\njobs        " << census.jobs_ready << " ready, " << census.jobs_running
            << " running, " << census.jobs_dead << " dead\ndeliveries  "
            << census.deliveries_waiting << " waiting, " << census.deliveries_dead << " dead\n";
  return 0;
}

int retry(const std::string& dsn, const std::string& uid) {
  const auto study = dicom::StudyUid::parse(uid);
  if (!study) throw std::runtime_error("retry needs a Study Instance UID");
  if (!db::retry(dsn, *study))
    throw std::runtime_error("no study " + study->str() + " has failed or is unsuitable");
  std::cout << "study " << study->str() << " is analysed again after its quiet period\n";
  return 0;
}

}  // namespace

int command_db(int argc, char** argv) {
  ProgramOptions options;
  std::string study;
  CLI::App app("Migrates the database, shows its state or tries a failed study again.",
               "tomoscribe db");
  app.add_option("--data", options.data, "data folder (default: where tomoscribe up keeps it)");
  app.add_option("--config", options.config, "configuration file")->check(CLI::ExistingFile);
  app.fallthrough();  // options may follow the word: before the words are added, which inherit it
  auto* migrating = app.add_subcommand("migrate", "apply what is missing; nothing is ever undone");
  app.add_subcommand("status", "schema version, and what the database holds");
  auto* retrying = app.add_subcommand("retry", "analyse a failed or unsuitable study again");
  retrying->add_option("study", study, "its Study Instance UID")->required();
  app.require_subcommand(1);
  if (const auto ended = ends_here(app, argc, argv)) return *ended;
  return run_program("tomoscribe db", [&] {
    const Config config = load_config(options.config, environment());
    std::optional<FileLock> lock;
    const DatabaseAccess database = reach_database(config, options.data_folder(), lock);
    if (retrying->parsed()) return retry(database.dsn, study);
    return migrating->parsed() ? migrate(database.dsn) : status(database.dsn);
  });
}

}  // namespace tomoscribe::pipeline
