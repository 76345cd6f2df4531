// tomoscribe-worker: claims jobs and makes drafts. It listens on no socket; it is the one program
// that links LibTorch.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stop_token>
#include <thread>

#include "dicom/pixels.h"
#include "model/runtime.h"
#include "pipeline/clock.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/language/language_model.h"
#include "pipeline/process.h"
#include "pipeline/program.h"
#include "pipeline/worker.h"

namespace tomoscribe::pipeline {
namespace {

int thread_count(const Config& config) {
  return config.worker.threads > 0
             ? config.worker.threads
             : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

/// Before any library starts threads of its own. What the user has set stays.
void limit_threads(int threads) {
  const std::string count = std::to_string(threads);
  // NOLINTBEGIN(concurrency-mt-unsafe): no thread yet
  setenv("OMP_NUM_THREADS", count.c_str(), 0);
  setenv("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", count.c_str(), 0);
  // NOLINTEND(concurrency-mt-unsafe)
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) result += c;
  }
  return result + "\"";
}

int describe(int threads) {
  const auto runtime = model::describe_runtime(threads);
  std::printf(
      "{\"torch\":%s,\"blas\":%s,\"cuda\":%s,\"devices\":%d,\"threads\":%d,\"gemm_gflops\":%.1f}\n",
      quoted(runtime.torch_version).c_str(), quoted(runtime.blas).c_str(),
      runtime.cuda ? "true" : "false", runtime.devices, runtime.threads, runtime.gemm_gflops);
  return 0;
}

/// Loading 24 GB takes a while; a signal ends it between files.
void stop_if_asked(const std::string&, double) {
  const auto signal = wait_for_signal(std::chrono::milliseconds(0));
  if (signal && (*signal == SIGINT || *signal == SIGTERM)) throw Cancelled();
}

/// The configured model, resident; nullptr when none is configured. \throws Cancelled.
std::unique_ptr<Drafter> language_model(const Config& config, const Log& log) {
  if (config.model.folder.empty()) return nullptr;
  LanguageModelOptions options;
  options.folder = config.model.folder;
  options.device = config.model.device;
  options.type = config.model.type;
  options.threads = thread_count(config);
  options.budget_tokens = config.model.budget_tokens;
  options.answer_tokens = config.model.answer_tokens;
  options.seed = static_cast<std::uint64_t>(config.model.seed);
  log.info("loading the language model");
  try {
    std::unique_ptr<Drafter> drafter = load_language_model(options, stop_if_asked);
    log.info("language model loaded", {{"device", options.device}});
    return drafter;
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& why) {
    // Studies go on being measured; each report says why no model took part.
    log.error("language model not loaded", {{"reason", why.what()}});
    return without_language_model("it could not be loaded");
  }
}

int work(const Config& config, const ProgramOptions& options) {
  const std::string dsn = config.database_dsn();
  if (dsn.empty())
    throw ConfigError(
        "no database is configured: set database.dsn or database.dsn_file, or start by tomoscribe "
        "up");
  const dicom::Codecs codecs;
  const Log log("worker");
  const dicom::BlobStore blobs(options.data_folder() / "store");
  std::unique_ptr<Drafter> drafter;
  try {
    drafter = language_model(config, log);
  } catch (const Cancelled&) {
    log.info("stopped");
    return 0;
  }
  Worker worker(
      config, dsn, blobs,
      [&](const StudyFiles& study, AnalysisContext context, const Progress& progress) {
        context.drafter = drafter.get();
        return analyse(study, context, progress);
      },
      log);
  log.info("ready", {{"threads", thread_count(config)}, {"version", code_version()}});
  std::jthread thread([&](const std::stop_token& stop) { worker.run(stop); });
  wait_for_stop();
  log.info("stopping");
  thread.request_stop();
  thread.join();
  log.info("stopped");
  return 0;
}

}  // namespace
}  // namespace tomoscribe::pipeline

int main(int argc, char** argv) {
  using namespace tomoscribe::pipeline;  // NOLINT(google-build-using-namespace): main only
  return run_program("tomoscribe-worker", [&] {
    CLI::App app("Turns received CT studies into draft reports.", "tomoscribe-worker");
    ProgramOptions options;
    bool runtime = false;
    app.add_option("--data", options.data, "data folder (default: /var/lib/tomoscribe as root)");
    app.add_option("--config", options.config, "configuration file")->check(CLI::ExistingFile);
    app.add_flag("--describe-runtime", runtime,
                 "print what LibTorch this is, as one line of JSON, and end");
    if (const auto status = ends_here(app, argc, argv)) return *status;
    const Config config = load_config(options.config, environment());
    set_timezone(config.site.timezone);
    limit_threads(thread_count(config));
    block_signals();
    return runtime ? describe(thread_count(config)) : work(config, options);
  });
}
