#pragma once
// The only SQL. Every class here opens its own connections from a DSN; a class is thread-safe only
// where it says so.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dicom/blob_store.h"
#include "dicom/dicomweb.h"
#include "dicom/identity.h"
#include "dicom/intake.h"
#include "reporting/report_store.h"

namespace tomoscribe::db {

/// The database cannot be reached or ended the connection: try again (DIMSE A700, HTTP 503).
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Applies the migrations this program carries, in order, each in a transaction, under an advisory
/// lock. \return how many were applied. \throws Unavailable; std::runtime_error when the database
/// is newer than the program.
int migrate(const std::string& dsn);
/// Schema version of the database and of this program. \throws Unavailable.
struct SchemaVersion {
  int database = 0, program = 0;
};
SchemaVersion schema_version(const std::string& dsn);

/// Where deliveries go; one row per signed version and destination (kept in configuration, copied
/// to the database at start).
struct Destination {
  std::string name;  ///< "ris"
  std::string kind;  ///< "oru" | "sr"
};

/// A quiet period for one calling AE; the empty AE is the default.
struct QuietPeriod {
  dicom::AeTitle calling;
  std::chrono::seconds length{60};
};

// ---- intake
// ------------------------------------------------------------------------------------------------------------

/// What is known of a SOP Instance UID before it is stored.
enum class Known { nothing, same_content, same_image, different };

/// The intake's rows. Thread-safe (a pool of one connection a thread).
class IntakeRecords {
 public:
  explicit IntakeRecords(std::string dsn);
  ~IntakeRecords();
  IntakeRecords(const IntakeRecords&) = delete;
  IntakeRecords& operator=(const IntakeRecords&) = delete;
  /// Commits the instance row (and its study and series), moves the study's due time by the quiet
  /// period of the calling AE, all in one transaction, and says what it was. Idempotent: the same
  /// content gives already_held and no new row. \throws Unavailable.
  dicom::Stored record(const dicom::ReceivedInstance& instance);
  /// True when this very content is held already (so that its file need not be kept). \throws
  /// Unavailable.
  bool holds(const dicom::SopInstanceUid& instance, const dicom::BlobId& content_hash);
  /// Moves the due time of the studies: quiet period from now. \throws Unavailable.
  void association_ended(const dicom::AeTitle& calling,
                         const std::vector<dicom::StudyUid>& studies);
  void set_quiet_periods(const std::vector<QuietPeriod>& periods);
  void set_destinations(const std::vector<Destination>& destinations);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- jobs
// --------------------------------------------------------------------------------------------------------------

/// A claimed piece of work. `attempt` is the fencing token: a stale worker's calls change nothing.
struct Job {
  std::int64_t id = 0;
  int attempt = 0;
  dicom::StudyUid study;
};

/// Why a call on a job was refused: another worker has it now.
class Fenced : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An earlier study of the same patient, to compare with.
struct EarlierInput {
  std::string name;                                ///< "the study of 2024-07-17"
  std::vector<dicom::BlobId> files;                ///< in force
  std::optional<reporting::ReportVersion> report;  ///< the newest version of its own report
};

/// What an analysis reads: the files in force of one study.
struct StudyInput {
  std::vector<dicom::BlobId> files;
  std::optional<reporting::Order> order;
  int conflicts = 0;                               ///< quarantined instances
  std::optional<reporting::ReportVersion> before;  ///< the newest version of its own report
  /// The newest earlier study of the same patient whose draft shows a chest.
  std::optional<EarlierInput> earlier;
  /// Newer ones under the same Patient ID that are not compared with, newest first: "the study of
  /// 2025-01-01: its draft shows no chest, …".
  std::vector<std::string> not_compared;
  std::string mismatch;   ///< the order names another patient: a sentence; empty otherwise
  reporting::Moment now;  ///< database clock, at claim
};

/// PostgreSQL as the queue. One per worker; not thread-safe, except `renew` which may be called
/// from a second thread.
class JobQueue {
 public:
  explicit JobQueue(std::string dsn, std::string worker,
                    std::chrono::seconds lease = std::chrono::seconds(60));
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;
  /// Makes jobs for studies whose quiet period is over (database clock). \return how many. \throws
  /// Unavailable.
  int make_due();
  /// Claims the next job that is ready, or one whose lease lapsed; a job over its attempt limit
  /// ends dead.
  std::optional<Job> claim();
  StudyInput input(const Job& job);
  /// Renews the lease and stores the stage shown on the page. \throws Fenced, Unavailable.
  void renew(const Job& job, const std::string& stage, double progress);
  /// The version, numbered after the newest there is, and the end of the job, in one transaction.
  /// Slices that arrived meanwhile make a new job. \return the number it was given.
  int finish(const Job& job, reporting::ReportVersion version);
  /// The study cannot be read, and why; no retry.
  void finish_unsuitable(const Job& job, const std::string& reason);
  /// Back to the queue with back-off, or dead at the attempt limit.
  void fail(const Job& job, const std::string& reason);
  /// The worker stops before the job is done: back to the queue, and the attempt does not count
  /// against the limit.
  void give_back(const Job& job);
  /// Waits for a notification or the timeout.
  void wait(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Puts a study back in line whose job is dead or whose images were unsuitable; the next draft
/// comes after its quiet period. \return false when no such study is in one of these states.
/// \throws Unavailable.
bool retry(const std::string& dsn, const dicom::StudyUid& study);

// ---- orders
// ------------------------------------------------------------------------------------------------------------

/// Why an order is not of the images' patient, in a sentence without values: another id, or the
/// same id with another issuer, birth date or sex where both know it. A name may change: empty, as
/// for one patient.
std::string another_patient(const reporting::Patient& ordered, const reporting::Patient& imaged);

/// Orders by HL7. Thread-safe.
class OrderRecords {
 public:
  explicit OrderRecords(std::string dsn);
  ~OrderRecords();
  OrderRecords(const OrderRecords&) = delete;
  OrderRecords& operator=(const OrderRecords&) = delete;
  /// The acknowledgement given before to this message, if any; `control_id` names it among its
  /// sender's for good.
  std::optional<std::string> acknowledged(const std::string& sender, const std::string& control_id);
  /// Stores or changes the order (by placer/filler number), remembers the acknowledgement, and
  /// moves due studies it joins. `control` is ORC-1: of an order that is not cancelled, only NW,
  /// XO, RP and RO make it active again.
  void store(const reporting::Order& order, const std::string& control, const std::string& sender,
             const std::string& control_id, const std::string& acknowledgement);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- deliveries
// ----------------------------------------------------------------------------------------------------------

struct Delivery {
  std::int64_t id = 0;
  int attempt = 0;  ///< fencing token
  std::string destination, kind, report_id;
  int version = 0;
};

/// Deliveries of signed versions, in order per report. One per thread.
class DeliveryQueue {
 public:
  explicit DeliveryQueue(std::string dsn, std::string worker,
                         std::chrono::seconds lease = std::chrono::seconds(120));
  ~DeliveryQueue();
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;
  /// The next that is due for `destination`: a receiver that hangs holds up nobody else's.
  std::optional<Delivery> claim(const std::string& destination);
  void delivered(const Delivery& delivery);
  /// Retry with back-off (1 s doubling to 1 h), or dead when `final`.
  void failed(const Delivery& delivery, const std::string& reason, bool final);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- what others declared
// ------------------------------------------------------------------------------------------------

/// reporting's store on PostgreSQL. Thread-safe.
std::unique_ptr<reporting::ReportStore> make_report_store(std::string dsn);
/// dicom's index on PostgreSQL. Thread-safe.
std::unique_ptr<dicom::InstanceIndex> make_instance_index(std::string dsn);

/// Appends one row to the audit trail: who did what to which object (our ids and UIDs, no names).
/// \throws Unavailable.
void audit(const std::string& dsn, const std::string& actor, const std::string& action,
           const std::string& object);

/// Counts for /metrics and `tomoscribe db status`.
struct Census {
  std::int64_t studies = 0, instances = 0, jobs_ready = 0, jobs_running = 0, jobs_dead = 0,
               deliveries_waiting = 0, deliveries_dead = 0;
};
Census census(const std::string& dsn);

}  // namespace tomoscribe::db
