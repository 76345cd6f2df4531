#pragma once
// What a report is: the finding graph. Every face (page, HTML, text, JSON, SR, FHIR, ORU) is a pure
// function of one ReportVersion. Standard library only.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/blob_store.h"
#include "dicom/identity.h"

namespace tomoscribe::reporting {

using dicom::Code;
using dicom::Moment;

// ---- whose study it is
// ------------------------------------------------------------------------------------------

struct Patient {
  dicom::PatientId id;
  std::string issuer;  ///< assigning authority; empty when unknown
  dicom::PersonName name;
  std::optional<std::chrono::year_month_day> birth_date;
  std::string sex;  ///< "M", "F", "O" or empty
  bool operator==(const Patient&) const = default;
};

/// What was asked for, from HL7 (ORM^O01, OMI^O23).
struct Order {
  std::string placer_number, filler_number;
  dicom::AccessionNumber accession;
  std::optional<dicom::StudyUid> study;
  Patient patient;
  Code procedure;                 ///< OBR-4
  std::string indication;         ///< reason for study (OBR-31, DG1)
  std::string history;            ///< relevant clinical information (OBR-13, OBX)
  std::string ordering_provider;  ///< HL7 XCN rendered "id^family^given"
  std::string priority;           ///< "S" stat, "A" asap, "R" routine, or empty
  std::string assigning_authority;
  std::string status;  ///< "active", "cancelled"
  bool operator==(const Order&) const = default;
};

/// Whether a series may be used for something.
struct UseVerdict {
  std::string use;     ///< "volumes"
  std::string reason;  ///< why not; empty: allowed
  bool operator==(const UseVerdict&) const = default;
};

/// Geometry and quality of a series that was read.
struct SeriesHealth {
  int images = 0, columns = 0, rows = 0;
  double pixel_mm = 0;    ///< between columns
  double spacing_mm = 0;  ///< median, from image to image
  double jitter_mm = 0;   ///< largest departure from it
  double tilt_degrees = 0, coverage_mm = 0;
  std::optional<double> thickness_mm;  ///< as stated
  std::vector<std::string> gaps;       ///< where slices are missing, a clause each
  bool resampled = false;  ///< slices were interpolated from the true positions of the images
  std::string kernel, kernel_class;  ///< "B30f"; "smooth", "sharp" or "unknown"
  std::optional<double> kvp;
  std::string contrast;  ///< the agent as the header names it
  bool lossy = false;
  std::vector<UseVerdict> verdicts;
  bool operator==(const SeriesHealth&) const = default;
};

/// One series of the study, and why it was or was not read.
struct SeriesUse {
  dicom::SeriesUid uid;
  std::optional<int> number;
  std::string modality, description;
  int instances = 0;
  bool used = false;
  std::string reason;  ///< a sentence: "axial, 120 slices of 1.25 mm, kernel B: chosen" or
                       ///< "localizer: not a volume"
  std::optional<SeriesHealth> health;  ///< of a series that was read
  bool operator==(const SeriesUse&) const = default;
};

struct Study {
  dicom::StudyUid uid;
  Patient patient;
  dicom::AccessionNumber accession;
  std::string study_id, description, referring_physician_pn, institution;
  std::optional<Moment> started;
  std::vector<SeriesUse> series;
  std::string body_part;  ///< recognised from pixels: "chest", "abdomen", …; empty when none
  Code procedure;         ///< what was done, LOINC (STANDARDS: CT by region and contrast)
  bool contrast = false;  ///< (0018,0010) present
  int instances = 0;
  bool operator==(const Study&) const = default;
};

// ---- what was found, and why it may be believed
// ----------------------------------------------------------------------

enum class Presence { present, absent, indeterminate, not_assessed };
enum class Laterality { none, left, right, bilateral };
enum class Author { geometry, model, person };

/// Outcome of checking a claim against its evidence; a letter and a colour on every face.
enum class Outcome { verified, consistent, unverified, contradicted, not_assessable };

/// Checks that say whence a statement comes rather than whether it holds.
namespace checks {
inline constexpr const char* stated_by_the_program = "stated-by-the-program";
inline constexpr const char* about_the_draft = "about-the-draft";  ///< of no meaning once signed
}  // namespace checks

struct Verification {
  Outcome outcome = Outcome::unverified;
  std::string check;                ///< the check's name, "measured-by-geometry"
  std::vector<std::string> inputs;  ///< ids of measurements, evidence and statements it looked at
  std::string reason;               ///< a sentence for people; empty when there is nothing to add
  bool operator==(const Verification&) const = default;
};

/// A number from geometry code. `value` absent: the conditions failed and `not_assessed` says why.
struct Measurement {
  std::string id;     ///< unique within the version: "lung.volume.right"
  std::string name;   ///< what readers call it: "aerated volume"
  Code concept_name;  ///< DICOM/SNOMED concept, {"118565006","SCT","Volume"}
  std::optional<double> value;
  Code unit;                          ///< UCUM: {"mL","UCUM","milliliter"}
  int decimals = 0;                   ///< how many a reader sees
  std::optional<double> uncertainty;  ///< same unit, half-width: about two SD
  std::string method;                 ///< one line with its source
  std::vector<std::string>
      conditions;            ///< what was checked before: "slice thickness 1.25 mm <= 1.5 mm"
  std::string not_assessed;  ///< reason; empty when `value` is present
  /// Only a part was seen or counted: cut by the scan or by the image, joined to an organ, hidden.
  /// Read as ">="; the conditions say why.
  bool lower_bound = false;
  bool operator==(const Measurement&) const = default;
};

/// A closed outline on one image, pixel coordinates as SCOORD: (column, row), (0.5, 0.5) is the
/// centre of the first pixel (PS3.3 C.18.6).
struct Region2D {
  std::vector<std::array<double, 2>> outline;
  bool operator==(const Region2D&) const = default;
};

/// Finding::not_assessed of what no step of the program looks at, as against what this scan
/// forbids.
inline constexpr const char* no_method = "no method of this version looks for it";

/// Where in the picture a finding rests.
struct Evidence {
  std::string id;
  dicom::SeriesUid series;
  dicom::SopInstanceUid instance;
  std::string sop_class;
  int frame = 1;                                  ///< from 1
  std::optional<int> image;                       ///< its number in the series, as viewers show it
  std::vector<Region2D> regions;                  ///< on that image
  std::optional<std::array<double, 3>> point_mm;  ///< LPS, in `frame_of_reference`
  std::optional<dicom::FrameOfReferenceUid> frame_of_reference;
  std::optional<dicom::BlobId> mask;  ///< blob beside the version
  std::string caption;                ///< "largest right-lung section"
  bool operator==(const Evidence&) const = default;
};

/// An entry of the closed bibliography in reporting/knowledge; `verified` once a named person
/// compared it.
struct Citation {
  std::string id, text, doi;
  bool verified = false;
  bool operator==(const Citation&) const = default;
};

/// What an earlier study of the same patient shows of a finding, measured by the same code.
struct Comparison {
  dicom::StudyUid study;  ///< the earlier one
  std::string outcome;    ///< a clause: "larger", "stable within measurement error", "no candidate
                          ///< at this place"
  std::vector<Measurement> measurements;  ///< in the earlier study; ids have ".earlier." in them
  std::optional<Evidence> evidence;       ///< on an image of the earlier study
  bool operator==(const Comparison&) const = default;
};

struct Finding {
  std::string id;               ///< unique within the version: "lungs.right"
  std::string title;            ///< what readers call it: "Right lung"
  dicom::TrackingUid tracking;  ///< the same lesion over time, in SR, SEG and FHIR
  Code observation;             ///< what
  Code site;                    ///< where
  Laterality laterality = Laterality::none;
  Presence presence = Presence::present;
  std::vector<Measurement> measurements;
  std::vector<Evidence> evidence;
  std::vector<Citation> citations;
  std::string recommendation;
  std::string not_assessed;              ///< the reason, when presence is not_assessed
  std::optional<Comparison> comparison;  ///< with an earlier study, where there is one
  Author author = Author::geometry;
  Verification verification;
  bool critical = false;
  bool operator==(const Finding&) const = default;
};

// ---- what a reader sees
// ------------------------------------------------------------------------------------------------

enum class Section {
  examination,
  indication,
  technique,
  comparison,
  findings,
  impression,
  recommendations,
  limitations
};
inline constexpr std::array all_sections{
    Section::examination, Section::indication, Section::technique,       Section::comparison,
    Section::findings,    Section::impression, Section::recommendations, Section::limitations};

/// One sentence (or short paragraph) of the report. Editing makes a new statement that names the
/// one it replaces.
struct Statement {
  std::string id;
  Section section = Section::findings;
  std::string language = "en";
  std::string text;
  std::vector<std::string> findings;  ///< ids it rests on
  Author author = Author::geometry;
  Verification verification;
  std::string replaces;  ///< id of the statement a person edited; empty otherwise
  bool removed = false;  ///< a person struck it out; kept, shown on the page only
  bool operator==(const Statement&) const = default;
};

// ---- versions
// ---------------------------------------------------------------------------------------------------------

enum class ReportState { draft, preliminary, final, corrected, appended, withdrawn };

/// A person, as the site knows them.
struct Person {
  std::string id;  ///< account or staff number; empty when only a name is known
  dicom::PersonName name;
  std::string organisation;
  bool operator==(const Person&) const = default;
};

struct Signature {
  Person signer;
  Moment when;
  bool operator==(const Signature&) const = default;
};

/// All that is needed to make the draft again, bit for bit.
struct Provenance {
  std::string product = "Tomoscribe", code_version;
  std::string model_name;  ///< empty: no language model configured
  std::string weights_checksum;
  std::uint64_t seed = 0;
  std::map<std::string, std::string> options;
  std::vector<std::string> steps;     ///< what was done to the pixels, in order
  std::vector<dicom::BlobId> inputs;  ///< hashes of the instances read, in order
  bool operator==(const Provenance&) const = default;
};

/// One immutable version of one report.
struct ReportVersion {
  std::string report_id;  ///< stable over versions; uid_from_name("report|" + study uid)
  int number = 1;         ///< from 1
  ReportState state = ReportState::draft;
  std::string language = "en";
  Study study;
  std::optional<Order> order;
  std::vector<Finding> findings;
  std::vector<Statement>
      statements;  ///< in reading order; the first one says how the draft was made
  Provenance provenance;
  Moment created;
  std::optional<Person> edited_by;     ///< the person who made this version; absent: the machine
  std::optional<Signature> signature;  ///< required for final, corrected, appended
  int predecessor = 0;                 ///< number of the version it follows; 0: none
  bool operator==(const ReportVersion&) const = default;
};

// ---- words for values: one table each, no defaults
// ----------------------------------------------------------------------

std::string_view to_text(Presence);
std::string_view to_text(Laterality);  ///< "", "left", "right", "bilateral"
std::string_view to_text(Author);
std::string_view to_text(Outcome);
std::string_view to_text(Section);  ///< "findings"
std::string_view to_text(ReportState);
std::string_view heading(Section);  ///< "Findings"
Code loinc(Section);                ///< the section's LOINC code (STANDARDS 4.3)
Code presence_code(Presence);       ///< SNOMED CT, DICOM CID 240; empty for not_assessed
char letter(Outcome);               ///< V C U X N, for those who do not see colour
/// Of the outcome; P for what a person wrote, a blank for what the program says of itself.
char letter(const Statement&);
template <class T>
std::optional<T> from_text(std::string_view);  ///< inverse of to_text, for each enum above

/// What was examined, as ordered or described; else as recognised from the pixels.
std::string examination_name(const Study&, const std::optional<Order>&);

/// True where a version of that state has left the machine's sole responsibility (a person signed).
bool is_signed(ReportState);

/// The number as every face prints it: "2 431 mL" is "2431 mL"; ">= 2431 mL" when it is a lower
/// bound; "not assessed".
std::string value_text(const Measurement&);

const Finding* find_finding(const ReportVersion&, std::string_view id);
/// Statements in force (not replaced, not removed) in one section, in order.
std::vector<const Statement*> statements_in(const ReportVersion&, Section);

/// Broken rules of the graph, each one sentence; empty when sound: ids unique, statements name
/// existing findings, measurements have a value xor a reason, signed states have a signature, and
/// so on.
std::vector<std::string> faults(const ReportVersion&);

}  // namespace tomoscribe::reporting
