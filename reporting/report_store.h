#pragma once
// Where reports live: declared here, implemented by db.

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "reporting/report.h"

namespace tomoscribe::reporting {

/// Somebody else made a version in the meantime (HTTP 409/412): reload and merge.
class Conflict : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where a study stands, for the worklist.
enum class StudyState {
  receiving,   ///< slices arrive, or the quiet period runs
  queued,      ///< due, waiting for a worker
  analysing,   ///< a worker has it
  drafted,     ///< a draft or preliminary report waits for a person
  signed_off,  ///< final, corrected or appended
  unsuitable,  ///< a plain sentence says why there is no draft
  failed,      ///< the job is dead; the reason is shown
};

struct StudyRow {
  dicom::StudyUid uid;
  StudyState state = StudyState::receiving;
  std::string reason;   ///< unsuitable or failed: one sentence
  std::string stage;    ///< analysing: "measuring lungs"
  double progress = 0;  ///< 0..1 while analysing
  Patient patient;
  dicom::AccessionNumber accession;
  std::string description;
  std::optional<Moment> started;  ///< study date and time
  Moment received;                ///< last slice, database clock
  int series = 0, instances = 0, conflicts = 0;
  std::optional<std::string> report_id;
  int version = 0;  ///< newest report version, 0: none
  std::optional<ReportState> report_state;
  int signed_version = 0;    ///< newest signed one, 0: none
  bool newer_draft = false;  ///< a software draft came after a person's version and waits beside it
};

/// One destination's delivery of one signed version.
struct DeliveryRow {
  std::string destination, kind,
      state;  ///< kind "oru"|"sr"; state "waiting"|"sending"|"delivered"|"dead"
  int version = 0, attempts = 0;
  std::string last_error;
};

/// Search over studies and reports; empty fields do not restrict.
struct StudyQuery {
  std::string patient_id, accession, text;  ///< text: part of name, id or accession
  std::optional<dicom::StudyUid> study;
  std::optional<StudyState> state;
  int limit = 200, offset = 0;
};

/// Which versions a question is about: all, those a person made, those that are signed.
enum class Which { any, by_person, signed_off };

class ReportStore {
 public:
  virtual ~ReportStore() = default;
  virtual std::vector<StudyRow> studies(const StudyQuery& query) = 0;
  /// The study's newest version of that kind.
  virtual std::optional<ReportVersion> latest(const dicom::StudyUid& study,
                                              Which which = Which::any) = 0;
  virtual std::optional<ReportVersion> version(const std::string& report_id, int number) = 0;
  virtual std::vector<int> versions(const std::string& report_id) = 0;
  /// Adds `version` (its number must be one more than the newest, its predecessor the one it was
  /// made from). A signed state also makes one delivery row per configured destination, in the same
  /// transaction. \throws Conflict when the number is taken.
  virtual void append(const ReportVersion& version, const std::string& actor) = 0;
  virtual std::vector<DeliveryRow> deliveries(const std::string& report_id) = 0;
  /// Puts a delivery back to the front of its queue; the audit trail says by whom. False when it is
  /// being sent now, or when a later version has a delivery there: it would bring back what was
  /// corrected.
  virtual bool resend(const std::string& report_id, int version, const std::string& destination,
                      const std::string& actor) = 0;
  /// Newest order joined to the study by accession number or study UID.
  virtual std::optional<Order> order_for(const dicom::StudyUid& study,
                                         const dicom::AccessionNumber& accession) = 0;
};

std::string_view to_text(StudyState);

}  // namespace tomoscribe::reporting
