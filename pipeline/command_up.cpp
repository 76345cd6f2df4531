#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/database.h"
#include "model/checkpoint.h"
#include "model/folder_text.h"
#include "pipeline/clock.h"
#include "pipeline/commands.h"
#include "pipeline/database_access.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/gateway.h"
#include "pipeline/log.h"
#include "pipeline/process.h"
#include "pipeline/program.h"
#include "pipeline/startup_check.h"

namespace tomoscribe::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// One of our programs, started again when it ends by itself: at once at first, then ever later.
class Supervised {
 public:
  Supervised(std::string name, std::vector<std::string> arguments,
             std::map<std::string, std::string> variables)
      : name_(std::move(name)),
        arguments_(std::move(arguments)),
        variables_(std::move(variables)) {}

  void start() {
    child_ = Child::start(program_folder() / name_, arguments_, variables_);
    started_ = SteadyClock::now();
  }
  std::optional<std::string> ended() { return child_ ? child_->ended() : std::nullopt; }

  void keep_running(const Log& log) {
    const auto now = SteadyClock::now();
    if (child_) {
      const auto how = child_->ended();
      if (!how) return;
      child_.reset();
      backoff_ = now - started_ > 60s ? 0s : std::min<std::chrono::seconds>(backoff_ * 2 + 1s, 30s);
      log.error("program ended",
                {{"program", name_}, {"how", *how}, {"restart_s", std::int64_t{backoff_.count()}}});
      again_ = now + backoff_;
    }
    if (now >= again_) start();
  }
  void stop(std::chrono::milliseconds patience) {
    if (child_) child_->stop(patience);
  }

 private:
  std::string name_;
  std::vector<std::string> arguments_;
  std::map<std::string, std::string> variables_;
  std::optional<Child> child_;
  SteadyClock::time_point started_, again_;
  std::chrono::seconds backoff_{0};
};

bool is_stop(std::optional<int> signal) {
  const int number = signal.value_or(0);
  return number == SIGINT || number == SIGTERM;
}

/// Waits until the gateway listens. After an unclean end its predecessor may hold the ports a
/// moment longer: `patience`. nullopt: asked to stop. \throws std::runtime_error.
std::optional<Ports> wait_until_ready(Supervised& gateway, const fs::path& ready_file,
                                      std::chrono::seconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  while (true) {
    if (auto ports = read_ready_file(ready_file)) return ports;
    if (const auto how = gateway.ended()) {
      if (SteadyClock::now() >= deadline)
        throw std::runtime_error("the gateway did not start (" + *how + "); its reason is above");
      if (is_stop(wait_for_signal(500ms))) return std::nullopt;
      gateway.start();
    }
    if (is_stop(wait_for_signal(50ms))) return std::nullopt;
  }
}

void say_ready(const Config& config, const Ports& ports, const fs::path& data, bool own_database) {
  const std::string scheme = config.http.tls_certificate.empty() ? "http" : "https";
  const std::string& listen = config.http.listen;
  const bool any = listen == "0.0.0.0" || listen == "::";  // no address that a browser can ask
  const std::string named = !any                        ? listen
                            : config.http.hosts.empty() ? "localhost"
                                                        : config.http.hosts.front();
  const std::string host = named.find(':') == std::string::npos ? named : "[" + named + "]";
  std::cout << "Tomoscribe " << code_version() << " is up. Not a medical device.\n"
            << "  page      " << scheme << "://" << host << ':' << ports.http << "/\n"
            << "  FHIR      " << scheme << "://" << host << ':' << ports.http << "/fhir/R4\n"
            << "  DICOM     " << config.dicom.title << " at " << config.dicom.listen << ':'
            << ports.dicom << "\n"
            << "  HL7       MLLP at " << config.mllp.listen << ':' << ports.mllp << "\n"
            << "  data      " << data.string() << "\n"
            << "  database  " << (own_database ? "private PostgreSQL" : "as configured") << "\n"
            << "Stop it with Ctrl-C." << std::endl;
}

std::vector<std::string> program_arguments(const fs::path& data,
                                           const std::optional<fs::path>& config) {
  std::vector<std::string> arguments{"--data", data.string()};
  if (config) arguments.insert(arguments.end(), {"--config", fs::absolute(*config).string()});
  return arguments;
}

/// Until a signal asks to stop.
void supervise(const std::vector<Supervised*>& programs, PrivateCluster* cluster, const Log& log) {
  while (!is_stop(wait_for_signal(500ms))) {
    if (cluster != nullptr && !cluster->running()) {
      log.error("database ended", {{"action", "starting it again"}});
      try {
        cluster->start();
      } catch (const std::exception& fault) {
        log.error("database did not start", {{"reason", fault.what()}});
        continue;
      }
    }
    for (Supervised* program : programs) program->keep_running(log);
  }
}

/// The configured language model, as far as can be seen without loading it. \throws ConfigError.
void check_model_folder(const Config& config) {
  if (config.model.folder.empty()) return;
  const auto refuse = [&](const std::string& why) {
    throw ConfigError(config.where("model.folder") + ": the language model cannot be used: " + why);
  };
  try {
    const model::Checkpoint checkpoint = model::Checkpoint::open(config.model.folder);
    if (!checkpoint.problems().empty()) refuse(checkpoint.problems().front());
    (void)model::open_folder_text(config.model.folder, checkpoint);
  } catch (const ConfigError&) {
    throw;
  } catch (const std::exception& why) {
    refuse(why.what());
  }
}

int run(const ProgramOptions& options) {
  const Config config = load_config(options.config, environment());
  check_gateway_files(config);  // before a database is made for nothing
  check_model_folder(config);
  set_timezone(config.site.timezone);
  let_threads_sleep();
  block_signals();
  const fs::path data = options.data_folder();
  make_data_folder(data);
  const auto lock = FileLock::take(service_lock(data));
  if (!lock)
    throw std::runtime_error("another tomoscribe runs on " + data.string() +
                             ": stop it, or name another folder with --data");
  const Log log("up");
  DatabaseAccess database = open_database(config, data);
  if (const int applied = db::migrate(database.dsn); applied > 0)
    log.info("database migrated", {{"migrations", applied}});

  std::map<std::string, std::string> variables;
  if (database.cluster) variables["TOMOSCRIBE_DATABASE_DSN"] = database.dsn;
  const fs::path ready_file = data / "ready";
  const bool unclean = fs::remove(ready_file);
  auto gateway_arguments = program_arguments(data, options.config);
  gateway_arguments.insert(gateway_arguments.end(), {"--ready-file", ready_file.string()});
  Supervised gateway("tomoscribe-gateway", gateway_arguments, variables);
  Supervised worker("tomoscribe-worker", program_arguments(data, options.config), variables);
  gateway.start();
  worker.start();
  if (const auto ports = wait_until_ready(gateway, ready_file, unclean ? 20s : 0s)) {
    say_ready(config, *ports, data, database.cluster != nullptr);
    supervise({&gateway, &worker}, database.cluster.get(), log);
  }
  log.info("stopping");
  gateway.stop(20s);
  worker.stop(10s);
  fs::remove(ready_file);
  log.info("stopped");
  return 0;
}

}  // namespace

int command_up(int argc, char** argv) {
  ProgramOptions options;
  CLI::App app(
      "Runs the service: gateway, worker and, where no database is configured, a private "
      "PostgreSQL in the data folder. Log lines go to stderr.",
      "tomoscribe up");
  app.add_option("--data", options.data,
                 "data folder (default: /var/lib/tomoscribe as root, else in your data home)");
  app.add_option("--config", options.config, "configuration file (docs/configuration.md)")
      ->check(CLI::ExistingFile);
  if (const auto status = ends_here(app, argc, argv)) return *status;
  return run_program("tomoscribe up", [&] { return run(options); });
}

}  // namespace tomoscribe::pipeline
