#include "pipeline/analyse.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "dicom/blob_store.h"
#include "pipeline/drafter.h"
#include "pipeline/key_image.h"
#include "pipeline/measure/measure.h"
#include "pipeline/measure/scan_map.h"
#include "pipeline/prior/compare.h"
#include "pipeline/prior/tracking.h"
#include "pipeline/reading.h"
#include "pipeline/series/health_card.h"
#include "pipeline/series/read_headers.h"
#include "pipeline/series/select_series.h"
#include "pipeline/study.h"
#include "reporting/narrative.h"
#include "reporting/same_patient.h"

namespace tomoscribe::pipeline {
namespace {

using reporting::Finding;
using reporting::ReportVersion;

/// Shares of the whole, from measured times of a 300-slice chest.
constexpr double headers_done = 0.10, measured = 0.97;
/// With an earlier study, that study's share of the whole.
constexpr double earlier_share = 0.4;
/// With a language model all of these take this share of the whole.
constexpr double before_model = 0.3;

/// An earlier study as far as it is compared with.
struct Earlier {
  prior::EarlierStudy study;
  std::string images_hash;  ///< of the hashes of the images that were read, in order
};

void stop_if_asked(const AnalysisContext& context) {
  if (context.stop.stop_requested()) throw Cancelled();
}

std::vector<std::string> regions_of(const measure::Scene& scene) {
  using measure::BodyRegion;
  static constexpr std::array<std::pair<BodyRegion, const char*>, 4> words{
      {{BodyRegion::head, "head"},
       {BodyRegion::chest, "chest"},
       {BodyRegion::abdomen, "abdomen"},
       {BodyRegion::pelvis, "pelvis"}}};
  std::vector<std::string> regions;
  for (const auto& [region, word] : words)
    if (scene.share(region) >= 0.05) regions.emplace_back(word);
  return regions;
}

/// The regions that the examination was made for: the top of the abdomen comes along with every
/// chest.
std::vector<std::string> aimed_at(const measure::Scene& scene, std::vector<std::string> regions) {
  using measure::BodyRegion;
  const bool mostly_chest =
      scene.share(BodyRegion::abdomen) < 0.4 * scene.share(BodyRegion::chest) &&
      scene.share(BodyRegion::pelvis) < 0.05;
  if (mostly_chest) std::erase(regions, "abdomen");
  return regions;
}

std::string geometry_words(const Volume& volume) {
  const std::array<double, 3> spacing = volume.grid.spacing_mm();
  return std::to_string(volume.grid.size[0]) + " x " + std::to_string(volume.grid.size[1]) + " x " +
         std::to_string(volume.grid.size[2]) + " voxels of " + millimetres(spacing[0]) + " x " +
         millimetres(spacing[1]) + " x " + millimetres(spacing[2]) + " mm";
}

/// What the gates say of the lungs' series, where they do not say it of the other.
void add_lung_notes(const Readings& readings, reporting::Provenance& provenance) {
  if (!readings.no_lung.empty()) provenance.steps.push_back(readings.no_lung);
  if (!readings.lung) return;
  provenance.steps.push_back(
      "lungs, nodules and gas in the pleura measured on the edge-enhancing "
      "reconstruction of the same acquisition: " +
      geometry_words(*readings.lung->volume));
  const std::vector<std::string> said = readings.main.scene.gates.sentences();
  for (const std::string& sentence : readings.lung->scene.gates.sentences())
    if (std::ranges::find(said, sentence) == said.end())
      provenance.steps.push_back("in the series of the lungs: " + sentence);
}

reporting::Provenance provenance_of(const Headers& headers, const SeriesChoice& choice,
                                    const Readings& readings, const AnalysisContext& context) {
  const Volume& volume = *readings.main.volume;
  int unreadable = 0;
  for (const auto& [reason, count] : headers.unreadable) unreadable += count;
  reporting::Provenance provenance;
  provenance.code_version = context.code_version;
  provenance.options = {{"working_grid_mm", "1.5"},
                        {"files_unreadable", std::to_string(unreadable)},
                        {"files_exact_copies", std::to_string(headers.copies)}};
  provenance.steps = {"stacked by image position along the slice normal: " + geometry_words(volume),
                      "rescaled to Hounsfield units slice by slice, padding set to -1024"};
  for (std::string& sentence : why_unreadable(headers))
    provenance.steps.push_back(std::move(sentence));
  if (headers.copies > 0)
    provenance.steps.push_back(counted_words(headers.copies, "exact copy", "exact copies") +
                               " of a file left out");
  for (const std::string& note : context.notes) provenance.steps.push_back(note);
  for (const std::string& note : volume.notes) provenance.steps.push_back(note);
  provenance.steps.emplace_back(
      "resampled to 1.5 mm along the patient's axes for masks (block means, linear); the "
      "conditions of each measurement say whether it was made on the slices or on that grid");
  for (std::string& sentence : readings.main.scene.gates.sentences())
    provenance.steps.push_back(std::move(sentence));
  add_lung_notes(readings, provenance);
  add_images_read(headers, choice.main, provenance.inputs);
  if (readings.lung) add_images_read(headers, *choice.lung, provenance.inputs);
  return provenance;
}

/// Whether a finding has a picture: one that leaves in no face has none, nor one at which nothing
/// points.
bool has_key_image(const Finding& finding) {
  if (finding.evidence.empty() || finding.id == "body") return false;
  if (finding.verification.outcome == reporting::Outcome::contradicted) return false;
  return finding.author != reporting::Author::model || !finding.evidence.front().regions.empty();
}

const Window& window_of(const Finding& finding, const reporting::Study& study) {
  if (of_the_lungs(finding) || finding.id.starts_with("earlier.")) return lung_window;
  return study.body_part.starts_with("head") ? brain_window : soft_window;
}

/// Pictures of each finding's first evidence; the option "key-N.png" names the evidence it shows.
std::vector<NamedBlob> key_images(const Readings& readings, ReportVersion& version) {
  std::vector<NamedBlob> blobs;
  for (const Finding& finding : version.findings) {
    if (!has_key_image(finding)) continue;
    const auto drawn = [&](const Reading& reading) {
      return key_image(
          *reading.volume, finding.evidence.front(), window_of(finding, version.study),
          finding.author == reporting::Author::model ? proposed_colour : measured_colour);
    };
    auto picture = drawn(readings.main);
    if (!picture && readings.lung) picture = drawn(*readings.lung);
    if (!picture) continue;
    const std::string name = "key-" + std::to_string(blobs.size() + 1) + ".png";
    version.provenance.options[name] = finding.evidence.front().id;
    blobs.push_back({name, std::move(*picture)});
  }
  return blobs;
}

/// Tracking UIDs and the inputs of the checks.
/// \param stored  an older report of the study, if there is one.
void finish_findings(measure::Findings& findings, const dicom::StudyUid& study,
                     const std::optional<ReportVersion>& stored) {
  prior::name_by_place(findings, study);
  if (stored && stored->study.uid == study) prior::keep_tracking(findings, stored->findings);
  for (Finding& finding : findings) {
    if (finding.presence != reporting::Presence::present) continue;
    finding.verification.inputs.clear();
    for (const reporting::Measurement& measurement : finding.measurements)
      finding.verification.inputs.push_back(measurement.id);
    for (const reporting::Evidence& evidence : finding.evidence)
      finding.verification.inputs.push_back(evidence.id);
  }
}

/// Asks the language model, if there is one. What the version says of it is said in the provenance.
std::optional<ModelDraft> ask_model(ReportVersion& version, const Volume& volume,
                                    const measure::Scene& scene, const AnalysisContext& context,
                                    const Progress& progress) {
  if (context.drafter == nullptr) return std::nullopt;
  auto answer =
      context.drafter->draft(volume, measure::scan_map(scene), version, progress, context.stop);
  reporting::Provenance& provenance = version.provenance;
  if (const auto* none = std::get_if<NoDraft>(&answer)) {
    provenance.options["model.no_draft"] = none->reason;
    provenance.steps.push_back("the language model gave no draft: " + none->reason);
    return std::nullopt;
  }
  auto& written = std::get<ModelDraft>(answer);
  provenance.model_name = written.model_name;
  provenance.weights_checksum = written.weights_checksum;
  provenance.seed = written.seed;
  provenance.options.merge(written.options);
  for (const std::string& note : written.notes) provenance.steps.push_back(note);
  provenance.options["model.record"] = dicom::sha256(written.record.bytes).str();
  return std::move(written);
}

/// What an earlier study adds: the comparison, and the images that it rests on.
void compare_with(const Earlier& earlier, const measure::Scene& scene,
                  const AnalysisContext& context, ReportVersion& version) {
  prior::compare(earlier.study, scene, version);
  const std::string agrees =
      reporting::agrees_beside_the_id(version.study.patient, earlier.study.study.patient);
  version.provenance.steps.push_back(
      agrees.empty() ? "that the earlier study is of the same patient rests on the Patient ID alone"
                     : "the earlier study is of the same patient by Patient ID, " + agrees);
  version.provenance.options["earlier.study"] = earlier.study.study.uid.str();
  if (context.earlier_report)
    version.provenance.options["earlier.report_version"] =
        std::to_string(context.earlier_report->number);
  version.provenance.options["earlier.images"] = earlier.images_hash;
  version.provenance.steps.emplace_back(
      "the lungs of the earlier study are registered as a rigid body: breathing deforms them, so "
      "that nodules within 15 mm of a place are taken for the same");
}

/// The card of each series that was read.
void add_health(const SeriesChoice& choice, const Readings& readings, reporting::Study& study) {
  study.series[choice.main.series].health =
      health_card(choice.main, readings.main.scene,
                  readings.lung ? Measured::all_but_lungs : Measured::everything);
  if (!readings.lung) return;
  reporting::SeriesUse& lung = study.series[choice.lung->series];
  lung.used = true;
  lung.reason = choice.lung_reason;
  lung.health = health_card(*choice.lung, readings.lung->scene, Measured::lungs);
}

/// Studies that are held and could not be compared: "none available" would be wrong.
void say_not_compared(const AnalysisContext& context, bool compared, ReportVersion& version) {
  if (context.not_compared.empty()) return;
  if (!compared) {
    version.findings.push_back(prior::nothing_compared(context.not_compared));
    return;
  }
  for (const std::string& one : context.not_compared)
    version.provenance.steps.push_back("not compared with " + one);
}

AnalysedStudy draft(const Headers& headers, const SeriesChoice& choice, Readings readings,
                    const std::optional<Earlier>& earlier, const AnalysisContext& context,
                    const Progress& progress) {
  const measure::Scene& scene = readings.main.scene;
  const Volume& volume = *readings.main.volume;
  AnalysedStudy result{
      .version = {.report_id = {}, .study = study_from(headers.instances, choice.series)},
      .blobs = {}};
  ReportVersion& version = result.version;
  add_health(choice, readings, version.study);
  version.report_id = dicom::uid_from_name("report|" + version.study.uid.str());
  version.created = context.now;
  version.order = context.order;
  const std::vector<std::string> regions = regions_of(scene);
  version.study.contrast = !volume.header.contrast_agent.empty();
  version.study.body_part = body_part_words(regions);
  // A slab shorter than this does not tell what the examination was made for.
  constexpr double least_scan_mm = 75;
  const bool slab = measure::working_mm * static_cast<double>(scene.regions.size()) < least_scan_mm;
  version.study.procedure =
      procedure_code(slab ? std::vector<std::string>() : aimed_at(scene, regions),
                     version.study.contrast || scene.contrast.given());
  version.findings = std::move(readings.main.findings);
  finish_findings(version.findings, version.study.uid, context.before);
  version.provenance = provenance_of(headers, choice, readings, context);
  if (earlier) compare_with(*earlier, readings.lungs(), context, version);
  say_not_compared(context, earlier.has_value(), version);
  measure::adult_limits(scene, version.findings);
  std::optional<ModelDraft> written = ask_model(version, volume, scene, context, progress);
  version.statements = reporting::compose_statements(version.study, version.order, version.findings,
                                                     version.provenance);
  if (written) reporting::add_proposals(version, std::move(written->proposals));
  result.blobs = key_images(readings, version);
  if (written) result.blobs.push_back(std::move(written->record));
  return result;
}

/// The headers of a study and the series that is read.
struct Chosen {
  Headers headers;
  SeriesChoice choice;
};

std::variant<Chosen, Unsuitable> choose(const StudyFiles& study, const AnalysisContext& context,
                                        const Progress& progress) {
  Headers headers = read_headers(study, [&](double fraction) {
    stop_if_asked(context);
    progress("reading headers", headers_done * fraction);
  });
  if (headers.instances.empty()) {
    std::string sentence;
    for (const std::string& why : why_unreadable(headers))
      sentence += (sentence.empty() ? "nothing to read: " : "; ") + why;
    return Unsuitable{sentence.empty() ? "there are no files" : sentence};
  }
  stop_if_asked(context);
  progress("choosing a series", headers_done);
  std::variant<SeriesChoice, Unsuitable> selected = select_series(headers.instances);
  if (auto* fault = std::get_if<Unsuitable>(&selected)) return std::move(*fault);
  return Chosen{.headers = std::move(headers),
                .choice = std::get<SeriesChoice>(std::move(selected))};
}

/// Measures the lungs of the earlier study; its volume is given up at the end.
std::variant<Earlier, Unsuitable> measure_earlier(const Chosen& chosen,
                                                  const AnalysisContext& context,
                                                  const Progress& progress) {
  const auto& [headers, choice] = chosen;
  const SeriesSlices& slices = choice.lung ? *choice.lung : choice.main;
  auto read = read_series(headers.instances, slices, nullptr, Extent::lungs, context.stop,
                          [&](const std::string& stage, double fraction) {
                            progress(stage, headers_done + (1 - headers_done) * fraction);
                          });
  if (auto* fault = std::get_if<Unsuitable>(&read)) return std::move(*fault);
  auto& reading = std::get<Reading>(read);
  Earlier earlier{.study = {.study = study_from(headers.instances, choice.series),
                            .lungs = prior::lung_image(reading.scene),
                            .findings = std::move(reading.findings),
                            .lost = {}},
                  .images_hash = {}};
  reporting::Study& study = earlier.study.study;
  for (reporting::SeriesUse& series : study.series) series.used = false;
  study.series[slices.series].used = true;
  study.series[slices.series].health = health_card(slices, reading.scene, Measured::lungs);
  finish_findings(earlier.study.findings, study.uid, context.earlier_report);
  if (context.earlier_report)
    std::ranges::copy_if(context.earlier_report->findings, std::back_inserter(earlier.study.lost),
                         prior::is_of_earlier);
  std::vector<dicom::BlobId> images;
  add_images_read(headers, slices, images);
  std::string hashes;
  for (const dicom::BlobId& image : images) hashes += image.str();
  earlier.images_hash = dicom::sha256(hashes).str();
  return earlier;
}

/// Reads, checks and measures the earlier study.
std::variant<Earlier, Unsuitable> earlier_of(const Chosen& current, const AnalysisContext& context,
                                             const Progress& progress) {
  const auto named = [](const Unsuitable& fault) {
    return Unsuitable{"the earlier study cannot be read: " + fault.reason};
  };
  const auto chosen = choose(*context.earlier, context, progress);
  if (const auto* fault = std::get_if<Unsuitable>(&chosen)) return named(*fault);
  const auto& earlier = std::get<Chosen>(chosen);
  const reporting::Study study = study_from(earlier.headers.instances, earlier.choice.series);
  const std::string why =
      prior::why_no_prior(study_from(current.headers.instances, current.choice.series), study);
  if (!why.empty()) return Unsuitable{why};
  if (context.earlier_report && context.earlier_report->study.uid != study.uid)
    return Unsuitable{"the earlier report is not of the earlier study"};
  auto result = measure_earlier(earlier, context, progress);
  if (const auto* fault = std::get_if<Unsuitable>(&result)) return named(*fault);
  return result;
}

}  // namespace

std::variant<AnalysedStudy, Unsuitable> analyse(const StudyFiles& study,
                                                const AnalysisContext& context,
                                                const Progress& progress) {
  const double share = context.drafter == nullptr ? 1 : before_model;
  const double from = context.earlier ? earlier_share : 0;
  const Progress measuring = [&](const std::string& stage, double fraction) {
    progress(stage, share * (from + (1 - from) * fraction));
  };
  const std::variant<Chosen, Unsuitable> chosen =
      choose(study, context, [&](auto&& stage, double) { progress(stage, 0); });
  if (const auto* fault = std::get_if<Unsuitable>(&chosen)) return *fault;
  const auto& [headers, choice] = std::get<Chosen>(chosen);

  std::optional<Earlier> earlier;
  if (context.earlier) {
    auto read = earlier_of(std::get<Chosen>(chosen), context,
                           [&](const std::string& stage, double fraction) {
                             progress("earlier study: " + stage, share * from * fraction);
                           });
    if (auto* fault = std::get_if<Unsuitable>(&read)) return std::move(*fault);
    earlier = std::get<Earlier>(std::move(read));
  }

  const reporting::Order* order = context.order ? &*context.order : nullptr;
  std::variant<Readings, Unsuitable> read =
      read_series_of(headers.instances, choice, order, context.stop,
                     [&](const std::string& stage, double fraction) {
                       measuring(stage, headers_done + (measured - headers_done) * fraction);
                     });
  if (auto* fault = std::get_if<Unsuitable>(&read)) return std::move(*fault);
  auto& readings = std::get<Readings>(read);
  if (readings.main.scene.skull_without_brain)
    return Unsuitable{
        "a shell of bone without tissue of brain density: this looks like a phantom, "
        "not a patient"};
  measuring(earlier ? "comparing with the earlier study" : "writing the draft", measured);
  AnalysedStudy result = draft(headers, choice, std::move(readings), earlier, context,
                               [&](const std::string& stage, double fraction) {
                                 progress(stage, share + (measured - share) * fraction);
                               });
  progress("done", 1.0);
  return result;
}

}  // namespace tomoscribe::pipeline
