// tomoscribe-gateway: every listening socket, and the deliveries.

#include "dicom/pixels.h"
#include "pipeline/clock.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/gateway.h"
#include "pipeline/process.h"
#include "pipeline/program.h"
#include "pipeline/startup_check.h"

namespace tomoscribe::pipeline {
namespace {

int serve(const ProgramOptions& options, const std::string& ready_file) {
  const Config config = load_config(options.config, environment());
  check_gateway_files(config);
  set_timezone(config.site.timezone);
  const auto data = options.data_folder();
  make_folder(data, std::filesystem::perms::owner_all);
  block_signals();
  const dicom::Codecs codecs;
  const Log log("gateway");
  {
    const Gateway gateway(config, data, log);
    const Ports ports = gateway.ports();
    log.info("ready", {{"dicom", static_cast<int>(ports.dicom)},
                       {"mllp", static_cast<int>(ports.mllp)},
                       {"http", static_cast<int>(ports.http)},
                       {"title", config.dicom.title},
                       {"version", code_version()}});
    if (!ready_file.empty()) write_ready_file(ready_file, ports);
    wait_for_stop();
    log.info("stopping");
  }
  log.info("stopped");
  return 0;
}

}  // namespace
}  // namespace tomoscribe::pipeline

int main(int argc, char** argv) {
  using namespace tomoscribe::pipeline;  // NOLINT(google-build-using-namespace): main only
  return run_program("tomoscribe-gateway", [&] {
    CLI::App app("Receives CT studies and orders, serves the review page, delivers signed reports.",
                 "tomoscribe-gateway");
    ProgramOptions options;
    std::string ready_file;
    app.add_option("--data", options.data, "data folder (default: /var/lib/tomoscribe as root)");
    app.add_option("--config", options.config, "configuration file")->check(CLI::ExistingFile);
    app.add_option("--ready-file", ready_file,
                   "written with the real ports once everything listens");
    if (const auto status = ends_here(app, argc, argv)) return *status;
    return serve(options, ready_file);
  });
}
