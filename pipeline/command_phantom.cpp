#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "dicom/ct_writer.h"
#include "model/phantom/phantom.h"
#include "pipeline/commands.h"
#include "pipeline/detail/command_line.h"

namespace tomoscribe::pipeline {

namespace {

namespace fs = std::filesystem;
using model::phantom::Phantom;

struct Options {
  model::phantom::Settings settings;
  fs::path out;
  std::string patient_id, accession, study_uid;
  int size = 512;
  bool no_nodule = false, force = false, quiet = false;
};

std::string slice_name(int number) {
  std::ostringstream name;
  name << "slice-" << std::setw(4) << std::setfill('0') << number << ".dcm";
  return name.str();
}

bool is_ours(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "truth.json" || (name.rfind("slice-", 0) == 0 && file.extension() == ".dcm");
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

/// All that decides the pixels and whose they are: equal words, equal UIDs, so that sending twice
/// changes nothing.
std::string identity_words(const Options& o) {
  std::ostringstream words;
  const auto& s = o.settings;
  words << "phantom|1|" << s.seed << '|' << s.columns << '|' << s.rows << '|' << s.slices << '|'
        << s.pixel_mm << '|' << s.slice_mm << '|' << s.noise_hu << '|'
        << (s.nodule ? s.nodule_diameter_mm : 0) << '|' << o.patient_id << '|' << o.accession << '|'
        << o.study_uid;
  return words.str();
}

dicom::InstanceHeader header_of(const Options& o) {
  const std::string words = identity_words(o);
  const auto uid = [&](const char* what) { return dicom::uid_from_name(words + "|" + what); };
  dicom::InstanceHeader header{
      .study = dicom::StudyUid(o.study_uid.empty() ? uid("study") : o.study_uid),
      .series = dicom::SeriesUid(uid("series")),
      .sop_instance = dicom::SopInstanceUid(uid("instance"))};
  dicom::StudyHeader& study = header.study_header;
  const std::string number = std::to_string(o.settings.seed % 1'000'000'000'000ULL);
  study.patient_id = dicom::PatientId(o.patient_id.empty() ? "PHANTOM-" + number : o.patient_id);
  study.patient_name = dicom::PersonName::parse_pn("PHANTOM^THORAX");
  study.patient_birth_date = std::chrono::year_month_day{std::chrono::year{1960},
                                                         std::chrono::January, std::chrono::day{1}};
  study.patient_sex = "O";
  study.accession_number =
      dicom::AccessionNumber(o.accession.empty() ? "PH" + number : o.accession);
  study.study_id = number;
  study.study_description = "CT CHEST PHANTOM";
  study.study_date = "20250115";
  study.study_time = "101500";
  study.timezone_offset = "+0000";
  header.series_description = "THORAX, SYNTHETIC";
  header.body_part_examined = "CHEST";
  header.manufacturer = "TOMOSCRIBE PHANTOM";
  header.model_name = "THORAX";
  header.convolution_kernel = "STANDARD";
  header.patient_position = "HFS";
  header.image_type = {"ORIGINAL", "PRIMARY", "AXIAL"};
  header.frame_of_reference = dicom::FrameOfReferenceUid(uid("frame of reference"));
  header.series_number = 1;
  header.acquisition_number = 1;
  header.kvp = 120;
  header.rows = o.settings.rows;
  header.columns = o.settings.columns;
  header.frames = 1;
  return header;
}

void write_slices(const Options& o, const Phantom& phantom) {
  dicom::InstanceHeader header = header_of(o);
  const std::string words = identity_words(o);
  const auto pixels =
      static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
  std::vector<std::uint16_t> stored(pixels);
  for (int slice = 0; slice < o.settings.slices; ++slice) {
    const std::size_t first = pixels * static_cast<std::size_t>(slice);
    for (std::size_t i = 0; i < pixels; ++i)
      stored[i] = static_cast<std::uint16_t>(std::clamp(phantom.hu[first + i] + 1024, 0, 4095));
    const auto& origin = phantom.first_voxel_mm;
    header.sop_instance =
        dicom::SopInstanceUid(dicom::uid_from_name(words + "|slice|" + std::to_string(slice)));
    header.instance_number = slice + 1;
    dicom::PlaneHeader plane;
    plane.image_position_patient =
        dicom::Vec3{origin[0], origin[1], origin[2] + slice * o.settings.slice_mm};
    plane.image_orientation_patient =
        std::array<dicom::Vec3, 2>{dicom::Vec3{1, 0, 0}, dicom::Vec3{0, 1, 0}};
    plane.pixel_spacing_mm = std::array<double, 2>{o.settings.pixel_mm, o.settings.pixel_mm};
    plane.slice_thickness_mm = o.settings.slice_mm;
    header.planes = {plane};
    dicom::write_ct_slice(o.out / slice_name(slice + 1), header, stored);
  }
}

/// Written last: its presence says that the study is whole.
void write_truth(const fs::path& folder, const Phantom& phantom) {
  const fs::path part = folder / ".truth.json.part";
  {
    std::ofstream file(part, std::ios::binary);
    file << truth_json(phantom);
    if (!file.flush()) throw std::runtime_error("cannot write " + (folder / "truth.json").string());
  }
  fs::rename(part, folder / "truth.json");
}

int write_phantom(Options& o) {
  if (const auto refusal = prepare(o.out, o.force)) {
    std::cerr << "tomoscribe phantom: " << *refusal << '\n';
    return 1;
  }
  const auto start = std::chrono::steady_clock::now();
  const Phantom phantom = thorax(o.settings);
  const bool placed = std::any_of(phantom.truth.begin(), phantom.truth.end(),
                                  [](const auto& t) { return t.name == "nodule.1"; });
  write_slices(o, phantom);
  write_truth(o.out, phantom);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (o.settings.nodule && !placed)
    std::cerr << "tomoscribe phantom: no place in the scanned lung holds a nodule of that size; "
                 "the study has none\n";
  if (!o.quiet)
    std::cout << o.settings.slices << " slices and truth.json in " << o.out.string() << ", "
              << std::fixed << std::setprecision(1) << taken.count() << " s\n";
  return 0;
}

void describe(CLI::App& app, Options& o) {
  app.add_option("--out", o.out, "folder to write into: slice-0001.dcm (lowest) … and truth.json")
      ->required();
  app.add_option("--seed", o.settings.seed, "another seed is another person")
      ->capture_default_str();
  app.add_option("--slices", o.settings.slices, "number of slices")
      ->capture_default_str()
      ->check(CLI::Range(1, 4000));
  app.add_option("--spacing", o.settings.slice_mm, "slice thickness and spacing, mm")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 20.0));
  app.add_option("--size", o.size, "rows and columns; the field of view stays")
      ->capture_default_str()
      ->check(CLI::Range(16, 4096));
  app.add_option("--noise", o.settings.noise_hu, "standard deviation of the noise, HU")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 200.0));
  app.add_option("--nodule-mm", o.settings.nodule_diameter_mm, "diameter of the solid nodule, mm")
      ->capture_default_str()
      ->check(CLI::Range(2.0, 40.0));
  app.add_flag("--no-nodule", o.no_nodule, "healthy lungs");
  app.add_option("--patient-id", o.patient_id, "Patient ID (default PHANTOM-<seed>)");
  app.add_option("--accession", o.accession,
                 "Accession Number, 16 characters at most (default PH<seed>)");
  app.add_option("--study-uid", o.study_uid,
                 "Study Instance UID (default: made from the settings)");
  app.add_flag("--force", o.force, "replace an earlier phantom in the folder");
  app.add_flag("--quiet", o.quiet, "print nothing when all is well");
}

}  // namespace

int command_phantom(int argc, char** argv) {
  Options o;
  CLI::App app(
      "Writes a synthetic chest CT of a fictitious person: body, lungs, airways, bones, one "
      "nodule.",
      "tomoscribe phantom");
  describe(app, o);
  if (const auto status = ends_here(app, argc, argv)) return *status;
  o.settings.nodule = !o.no_nodule;
  o.settings.pixel_mm *= o.settings.columns / static_cast<double>(o.size);
  o.settings.columns = o.settings.rows = o.size;
  try {
    if (o.accession.size() > 16)
      throw dicom::Malformed("not a DICOM Accession Number: longer than 16 characters");
    (void)header_of(o);
  } catch (const dicom::Malformed& fault) {
    std::cerr << "tomoscribe phantom: " << fault.what() << '\n';
    return 2;
  }
  return write_phantom(o);
}

}  // namespace tomoscribe::pipeline
