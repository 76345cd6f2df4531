#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <thread>
#include <variant>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "dicom/pixels.h"
#include "hl7/fhir.h"
#include "hl7/order_message.h"
#include "pipeline/analyse.h"
#include "pipeline/clock.h"
#include "pipeline/commands.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/detail/model_options.h"
#include "pipeline/detail/output_folder.h"
#include "pipeline/detail/watched_work.h"
#include "pipeline/drafter.h"
#include "pipeline/language/language_model.h"
#include "pipeline/process.h"
#include "reporting/faces.h"
#include "reporting/structured_report.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;

/// Full URLs of a bundle that no server holds: where `tomoscribe up` would serve it.
constexpr const char* fhir_base = "http://127.0.0.1:8080/fhir/R4";

struct Options {
  fs::path study, out;
  std::optional<fs::path> order, prior, prior_report;
  LanguageModelOptions model;
  bool quiet = false;
};

int unsuitable(const std::string& sentence) {
  std::cerr << "tomoscribe report: " << sentence << '\n';
  return 3;
}

/// Regular files below `study`, in order of their names; our own earlier output is left out.
StudyFiles files_below(const fs::path& study, const fs::path& out) {
  StudyFiles found;
  std::error_code ignored;
  const fs::path skip = fs::weakly_canonical(out, ignored);
  fs::recursive_directory_iterator at(study, fs::directory_options::skip_permission_denied), end;
  for (; at != end; ++at) {
    if (at->is_directory(ignored) && fs::weakly_canonical(at->path(), ignored) == skip &&
        skip != fs::weakly_canonical(study, ignored))
      at.disable_recursion_pending();
    else if (at->is_regular_file(ignored))
      found.files.push_back(at->path());
  }
  std::sort(found.files.begin(), found.files.end());
  return found;
}

/// The message in the file, whether its segments end in CR (the standard) or in a text editor's LF.
hl7::Message order_message(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || !fs::is_regular_file(file))
    throw std::runtime_error("the order file cannot be read");
  const auto first = text.find("MSH");
  if (first <= 1) text.erase(0, first);  // MLLP's start block; npos is larger
  while (!text.empty() && (text.back() == '\x1c' || text.back() == '\r' || text.back() == '\n'))
    text.pop_back();
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
    lines += text[i] == '\n' ? '\r' : text[i];
  }
  return hl7::Message::parse(lines + '\r');
}

reporting::ReportVersion report_in(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return reporting::from_json(std::string{std::istreambuf_iterator<char>(in), {}});
}

/// What `read` makes of a file. \throws std::runtime_error that names it where it cannot be read.
template <class Read>
auto read_from(const fs::path& file, const Read& read) {
  try {
    return read(file);
  } catch (const std::exception& fault) {
    throw std::runtime_error(file.string() + ": " + fault.what());
  }
}

/// An order that names another study or patient must not lend it its history.
std::optional<std::string> mismatch(const reporting::Order& order, const reporting::Study& study) {
  const bool both = !order.accession.empty() && !study.accession.empty();
  const bool joined =
      (order.study && *order.study == study.uid) || (both && order.accession == study.accession);
  if (!joined && order.study) return "the order names another Study Instance UID than the images";
  if (!joined && both) return "the order names another Accession Number than the images";
  const std::string another = db::another_patient(order.patient, study.patient);
  return another.empty() ? std::nullopt : std::optional(another);
}

/// MSH-10: at most 20 characters, the same for the same version.
std::string control_id(const reporting::ReportVersion& version) {
  return "TS" + dicom::sha256(version.report_id + "|" + std::to_string(version.number))
                    .str()
                    .substr(0, 18);
}

/// Files beside the faces, which another run may have left there.
bool is_ours(const std::string& name) {
  return (name.starts_with("key-") && name.ends_with(".png")) || name == "model-draft.json";
}

std::vector<OutputFile> faces(const AnalysedStudy& analysed) {
  const reporting::ReportVersion& version = analysed.version;
  std::vector<OutputFile> files{{"report.json", reporting::to_json(version)},
                                {"report.html", reporting::to_html(version)},
                                {"report.txt", reporting::to_text_report(version)},
                                {"sr.dcm", reporting::to_structured_report(version)},
                                {"fhir.json", hl7::to_fhir_bundle(version, fhir_base)},
                                {"oru.hl7", hl7::to_oru(version, {}, control_id(version))}};
  for (const NamedBlob& blob : analysed.blobs)
    if (is_ours(blob.name)) files.push_back({blob.name, blob.bytes});
  return files;
}

std::string summary(const AnalysedStudy& analysed, const Options& options, std::size_t files) {
  std::size_t found = 0, measured = 0;
  for (const auto& finding : analysed.version.findings) {
    if (finding.presence != reporting::Presence::not_assessed) ++found;
    for (const auto& measurement : finding.measurements)
      if (measurement.value) ++measured;
  }
  std::ostringstream line;
  line << "draft report: " << found << " findings with " << measured << " measurements, "
       << analysed.version.findings.size() - found << " things not assessed; " << files
       << " files in " << options.out.string() << '\n';
  return line.str();
}

/// 0, or why the folders cannot be used: said on standard error.
int check_folders(const Options& options) {
  if (!fs::is_directory(options.study)) {
    std::cerr << "tomoscribe report: " << options.study.string()
              << (fs::exists(options.study) ? " is not a folder\n" : " does not exist\n");
    return 2;
  }
  try {
    check_output_folder(options.out);
  } catch (const std::runtime_error& fault) {
    std::cerr << "tomoscribe report: " << fault.what() << '\n';
    return 1;
  }
  return 0;
}

int report(const Options& options, LoadDrafter load) {
  if (const int status = check_folders(options); status != 0) return status;
  AnalysisContext context;
  try {
    if (options.order)
      context.order = read_from(*options.order, [](const fs::path& file) {
        return hl7::read_order(order_message(file)).order;
      });
    if (options.prior_report) context.earlier_report = read_from(*options.prior_report, report_in);
  } catch (const std::exception& fault) {
    return unsuitable(fault.what());
  }
  const Interrupt interrupt;
  const dicom::Codecs codecs;
  context.now = now();
  context.code_version = code_version();
  context.stop = interrupt.token();
  if (options.prior) context.earlier = files_below(*options.prior, options.out);
  ProgressLines lines(options.quiet);
  std::unique_ptr<Drafter> drafter;
  if (!options.model.folder.empty()) {
    lines("loading the language model", 0);
    drafter = load(options.model);
    context.drafter = drafter.get();
  }
  const auto result = analyse(files_below(options.study, options.out), context,
                              [&](const std::string& stage, double fraction) {
                                if (fraction < 1) lines(stage, fraction);  // "done" comes below
                              });
  if (const auto* reason = std::get_if<Unsuitable>(&result)) return unsuitable(reason->reason);
  const auto& analysed = std::get<AnalysedStudy>(result);
  if (context.order)
    if (const auto reason = mismatch(*context.order, analysed.version.study))
      return unsuitable(*reason);
  lines("writing the report", 0.98);
  const std::vector<OutputFile> files = faces(analysed);
  if (context.stop.stop_requested()) throw Cancelled();
  write_together(options.out, files, is_ours);
  lines("done", 1);
  std::cout << summary(analysed, options, files.size());
  return 0;
}

}  // namespace

int report_with(LoadDrafter load, int argc, char** argv) {
  Options options;
  CLI::App app(
      "Drafts the report of one CT study, without server or database. Writes report.json, "
      "report.html, report.txt, "
      "sr.dcm, fhir.json, oru.hl7 and key-*.png; with a language model also model-draft.json.",
      "tomoscribe report");
  app.add_option("STUDY_DIR", options.study,
                 "folder with the study's DICOM files, in any order and depth")
      ->required();
  app.add_option("--out", options.out, "folder to write into; made if absent")->required();
  app.add_option("--order", options.order,
                 "HL7 v2 order (ORM^O01 or OMI^O23): indication and history")
      ->check(CLI::ExistingFile);
  app.add_option("--prior", options.prior,
                 "folder with an earlier CT study of the same patient: the lungs are registered, "
                 "nodules matched and their growth measured. Refused when the Patient ID differs "
                 "or the study is not of an earlier day")
      ->check(CLI::ExistingDirectory);
  app.add_option("--prior-report", options.prior_report,
                 "report.json of that earlier study: lesions keep the tracking UIDs that it gave")
      ->check(CLI::ExistingFile);
  add_model_options(app, options.model);
  app.add_flag("--quiet", options.quiet, "no progress lines");
  if (const auto status = ends_here(app, argc, argv)) return *status;
  if (load == nullptr && !options.model.folder.empty()) {
    std::vector<std::string> arguments{"report"};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    hand_over_to("tomoscribe-model", arguments);
  }
  try {
    return report(options, load);
  } catch (const Cancelled&) {
    std::cerr << "tomoscribe report: interrupted; nothing was written\n";
    return 1;
  }
}

int command_report(int argc, char** argv) {
  return report_with(nullptr, argc, argv);
}

}  // namespace tomoscribe::pipeline
