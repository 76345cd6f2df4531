#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iomanip>

#include "dicom/identity.h"
#include "model/phantom/phantom.h"
#include "pipeline/commands.h"
#include "pipeline/detail/command_line.h"
#include "pipeline/detail/finding_words.h"
#include "pipeline/detail/phantom_background.h"
#include "pipeline/detail/phantom_study.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;
using model::phantom::BodyPart;
using model::phantom::Kernel;
using model::phantom::Phantom;
using model::phantom::Phase;
using model::phantom::Settings;

const std::vector<std::string> kernels{"smooth", "sharp"},
    phases{"none", "arterial", "venous", "delayed"},
    lyings{"supine", "prone", "right-side", "left-side"};  // in the order of Kernel, Phase, Lying

struct Options {
  Settings settings;
  fs::path out, prior, background;
  PhantomIdentity identity;
  std::vector<std::string> findings;
  std::string body = "thorax", kernel = "smooth", phase = "none", lying = "supine";
  double weeks = 26, fov_mm = 0, slice_mm = 0, noise_hu = 0;
  int size = 512, slices = 0;
  bool no_nodule = false, nodule_asked = false, force = false, quiet = false;
};

/// What a scan of that body part usually is.
struct Usual {
  double fov_mm;
  int slices;
  double slice_mm, noise_hu;
};
Usual usual(BodyPart body) {
  switch (body) {
    case BodyPart::thorax: return {409.6, 140, 2.5, 20};
    case BodyPart::head: return {250, 64, 2.5, 5};
    case BodyPart::abdomen: return {409.6, 160, 2.5, 18};
  }
  return {};
}

bool is_ours(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "truth.json" || name == "order.hl7" ||
         (name.rfind("slice-", 0) == 0 && file.extension() == ".dcm");
}

/// One sentence when the folder may not be written; what an earlier run left is removed under
/// --force.
std::optional<std::string> prepare(const fs::path& folder, bool force) {
  if (fs::exists(folder) && !fs::is_directory(folder)) return folder.string() + " is not a folder";
  std::error_code fault;
  fs::create_directories(folder, fault);
  if (fault) return "cannot make the folder " + folder.string() + ": " + fault.message();
  if (fs::is_empty(folder)) return std::nullopt;
  if (!force)
    return folder.string() +
           " is not empty; name another folder, or replace an earlier phantom there by --force";
  std::vector<fs::path> earlier;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && is_ours(entry.path())) earlier.push_back(entry.path());
  for (const auto& file : earlier) fs::remove(file);
  return std::nullopt;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void write_study(const Options& o, const fs::path& folder, const Settings& settings,
                 const std::optional<RealBackground>& background) {
  const auto start = std::chrono::steady_clock::now();
  const Phantom phantom = background ? model::phantom::insert(background->ct, settings)
                                     : model::phantom::make(settings);
  const std::chrono::duration<double> made = std::chrono::steady_clock::now() - start;
  write_phantom_study(folder, phantom, o.identity);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (!phantom.missing.empty())
    std::cerr << "tomoscribe phantom: no place in the scan for " << list(phantom.missing)
              << "; the study goes without\n";
  if (!o.quiet)
    std::cout << phantom.settings.slices << " slices, order.hl7 and truth.json in "
              << folder.string() << ", " << std::fixed << std::setprecision(1) << taken.count()
              << " s (" << made.count() << " s without writing)\n";
}

int write_studies(Options& o) {
  std::optional<RealBackground> background;
  if (!o.background.empty()) {
    auto read = read_background(o.background);
    if (const auto* fault = std::get_if<Unsuitable>(&read)) {
      std::cerr << "tomoscribe phantom: " << fault->reason << '\n';
      return 3;
    }
    background = std::get<RealBackground>(std::move(read));
    o.identity.background = background->header;
  }
  for (const fs::path& folder : {o.out, o.prior}) {
    if (folder.empty()) continue;
    if (const auto refusal = prepare(folder, o.force)) {
      std::cerr << "tomoscribe phantom: " << *refusal << '\n';
      return 1;
    }
  }
  write_study(o, o.out, o.settings, background);
  if (o.prior.empty()) return 0;
  Settings before = o.settings;
  before.weeks_before = o.weeks;
  ++before.scan;
  write_study(o, o.prior, before, background);
  return 0;
}

void describe_scan(CLI::App& app, Options& o) {
  app.add_option("--slices", o.slices, "number of slices (default by body part)")
      ->check(CLI::Range(1, 4000));
  app.add_option("--spacing", o.slice_mm, "distance of the slices, mm (default 2.5)")
      ->check(CLI::Range(0.1, 20.0));
  app.add_option("--thickness", o.settings.thickness_mm,
                 "slice thickness, mm: each slice is the mean of thin layers (default: as the "
                 "spacing, from one layer)")
      ->check(CLI::Range(0.1, 20.0));
  app.add_option("--size", o.size, "rows and columns; the field of view stays")
      ->capture_default_str()
      ->check(CLI::Range(16, 4096));
  app.add_option("--fov", o.fov_mm, "field of view, mm (default by body part)")
      ->check(CLI::Range(50.0, 1000.0));
  app.add_option("--noise", o.noise_hu, "standard deviation of the noise, HU (default 20, head 5)")
      ->check(CLI::Range(0.0, 200.0));
  app.add_option("--kernel", o.kernel,
                 "smooth, or sharp: edges overshoot, noise is 2.2 times as strong")
      ->capture_default_str()
      ->check(CLI::IsMember(kernels));
  app.add_option("--contrast", o.phase, "none, arterial, venous or delayed")
      ->capture_default_str()
      ->check(CLI::IsMember(phases));
  app.add_option("--lying", o.lying,
                 "supine, prone, right-side or left-side (thorax): where table, fluid and pleural "
                 "gas are")
      ->capture_default_str()
      ->check(CLI::IsMember(lyings));
  app.add_option("--tilt", o.settings.tilt_degrees, "of the gantry, degrees")
      ->check(CLI::Range(-30.0, 30.0));
  app.add_option("--padding-circle", o.settings.padding_circle_mm,
                 "pixels outside a circle of that width (mm) are padding")
      ->check(CLI::Range(10.0, 1000.0));
  app.add_option("--every-second-from", o.settings.every_second_from,
                 "above that slice every second one is left out: a series of mixed spacing")
      ->check(CLI::Range(1, 4000));
  model::phantom::Artefacts& artefacts = o.settings.artefacts;
  app.add_option("--noise-fall", artefacts.noise_fall,
                 "share by which the noise is weaker at the picture's edge than in its middle")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--cupping", artefacts.cupping_hu, "the body's middle is too dark by that, HU")
      ->check(CLI::Range(0.0, 200.0));
  app.add_option("--motion", artefacts.motion_mm, "doubled outlines, mm apart")
      ->check(CLI::Range(0.0, 20.0));
  app.add_option("--streaks", artefacts.streak_hu,
                 "rays from metal (a prosthesis, leads): SD at its surface, HU")
      ->check(CLI::Range(0.0, 2000.0));
}

void describe(CLI::App& app, Options& o) {
  app.add_option("--out", o.out,
                 "folder to write into: slice-0001.dcm (lowest) …, order.hl7 and truth.json")
      ->required();
  app.add_option("--body", o.body, "thorax, head or abdomen")->capture_default_str();
  app.add_option("--seed", o.settings.seed, "another seed is another person")
      ->capture_default_str();
  app.add_option("--finding", o.findings,
                 "KIND[:SIDE[:SIZE[:WORD,…]]], may be repeated: nodule:left:8:spiculated, "
                 "effusion:right:400, compression:T8:40. Words: solid, part-solid, ground-glass, "
                 "spiculated, calcified, juxtapleural; stable, appeared, resolved, doubling=DAYS "
                 "since the prior. Kinds are listed below");
  app.add_option("--prior", o.prior, "folder for an earlier scan of the same person");
  app.add_option("--weeks", o.weeks, "how much earlier")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 2000.0));
  app.add_option("--scan", o.settings.scan,
                 "another scan of the same person: other noise, slightly other pose")
      ->capture_default_str();
  app.add_option("--background", o.background,
                 "put the findings into the chest CT in that folder: its pixels are changed where "
                 "they lie, geometry stays, names and UIDs are new");
  describe_scan(app, o);
  app.add_option("--bone-hu", o.settings.trabecular_hu, "trabecular bone of the vertebrae, HU")
      ->capture_default_str()
      ->check(CLI::Range(20.0, 400.0));
  app.add_option("--nodule-mm", o.settings.nodule_diameter_mm,
                 "diameter of the solid nodule that a thorax has when no finding is asked for, mm")
      ->capture_default_str()
      ->check(CLI::Range(2.0, 40.0));
  app.add_flag("--no-nodule", o.no_nodule, "without it");
  app.add_flag("--masks", o.settings.structure_masks, "masks of organs too in truth.json");
  app.add_option("--patient-id", o.identity.patient_id, "Patient ID (default PHANTOM-<seed>)");
  app.add_option("--accession", o.identity.accession,
                 "Accession Number, 16 characters at most (default PH<seed>)");
  app.add_option("--study-uid", o.identity.study_uid,
                 "Study Instance UID (default: made from the settings)");
  app.add_flag("--force", o.force, "replace an earlier phantom in the folder");
  app.add_flag("--quiet", o.quiet, "print nothing when all is well");
  app.footer(kinds_help);
  app.get_formatter()->column_width(24);
}

/// A real background has its own geometry and physics.
void refuse_scan_options(const CLI::App& app) {
  for (const char* option : {"--body",
                             "--slices",
                             "--spacing",
                             "--thickness",
                             "--size",
                             "--fov",
                             "--noise",
                             "--kernel",
                             "--contrast",
                             "--lying",
                             "--tilt",
                             "--padding-circle",
                             "--noise-fall",
                             "--cupping",
                             "--motion",
                             "--streaks",
                             "--every-second-from",
                             "--bone-hu",
                             "--scan",
                             "--masks"})
    if (app.count(option) > 0)
      throw std::invalid_argument(std::string(option) + " cannot be chosen for a real background");
  if (app.count("--finding") == 0)
    throw std::invalid_argument("a real background needs at least one --finding");
}

/// Settings from the words given. \throws std::invalid_argument, dicom::Malformed.
void settle(Options& o, const CLI::App& app) {
  const auto body = body_part_of(o.body);
  if (!body) throw std::invalid_argument("\"" + o.body + "\" is none of thorax, head, abdomen");
  Settings& s = o.settings;
  s.body = *body;
  const auto place = [](const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) - words.begin();
  };
  s.kernel = static_cast<Kernel>(place(kernels, o.kernel));
  s.phase = static_cast<Phase>(place(phases, o.phase));
  s.lying = static_cast<model::phantom::Lying>(place(lyings, o.lying));
  const Usual by_body = usual(*body);
  s.columns = s.rows = o.size;
  s.pixel_mm = (app.count("--fov") > 0 ? o.fov_mm : by_body.fov_mm) / o.size;
  s.slices = app.count("--slices") > 0 ? o.slices : by_body.slices;
  s.slice_mm = app.count("--spacing") > 0 ? o.slice_mm : by_body.slice_mm;
  s.noise_hu = app.count("--noise") > 0 ? o.noise_hu : by_body.noise_hu;
  for (const std::string& text : o.findings) s.findings.push_back(finding_of(*body, text));
  s.nodule = *body == BodyPart::thorax && o.background.empty() && !o.no_nodule &&
             (s.findings.empty() || app.count("--nodule-mm") > 0);
  if (!o.background.empty()) refuse_scan_options(app);
  if (!o.prior.empty() && fs::weakly_canonical(o.prior) == fs::weakly_canonical(o.out))
    throw std::invalid_argument("the prior needs a folder of its own");
  if (o.identity.accession.size() > (o.prior.empty() ? 16U : 15U))
    throw std::invalid_argument("not a DICOM Accession Number: longer than 16 characters");
  if (!o.prior.empty() && !o.identity.study_uid.empty())
    throw std::invalid_argument("one Study Instance UID cannot name two studies");
  model::phantom::check(s);
  (void)phantom_header(s, o.identity);
}

}  // namespace

int command_phantom(int argc, char** argv) {
  Options o;
  CLI::App app(
      "Writes a synthetic CT of a fictitious person, with findings as asked for and the truth of "
      "every number in truth.json.",
      "tomoscribe phantom");
  describe(app, o);
  if (const auto status = ends_here(app, argc, argv)) return *status;
  try {
    settle(o, app);
    return write_studies(o);
  } catch (const std::invalid_argument& fault) {
    std::cerr << "tomoscribe phantom: " << fault.what() << '\n';
  } catch (const dicom::Malformed& fault) {
    std::cerr << "tomoscribe phantom: " << fault.what() << '\n';
  }
  return 2;
}

}  // namespace tomoscribe::pipeline
