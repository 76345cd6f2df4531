#pragma once
// The Storage SCP: associations in, instances out. What becomes of an instance is decided by the
// sink.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dicom/blob_store.h"
#include "dicom/identity.h"
#include "dicom/instance_header.h"

namespace tomoscribe::dicom {

/// One received instance: spooled as Part 10, closed, hashed, its header read, identities checked
/// against the command.
struct ReceivedInstance {
  std::filesystem::path
      spool_file;       ///< on the store's file system; not yet fsynced; the sink takes it over
  BlobId file_hash;     ///< of the whole Part 10 file
  BlobId content_hash;  ///< of the data set without group 0002, with its transfer syntax
  BlobId
      image_hash;  ///< of pixel data and plane geometry: equal when only other header values differ
  std::uint64_t bytes = 0;
  InstanceHeader header;
  AeTitle calling, called;
  std::string association;  ///< our id of the association, for the log
};

/// What the sink did; each maps to one DIMSE status (PS3.4 B.2.3).
enum class Stored {
  stored,          ///< new: durable and committed -> 0000
  already_held,    ///< the same data set again: no new row -> 0000
  header_version,  ///< same SOP UID, only the header differs: both kept, a row says so -> 0000
  conflict,  ///< same SOP UID, other pixels, geometry or study: both kept, quarantined -> B000
};

/// Takes durable ownership of instances. Called from several association threads at once.
class InstanceSink {
 public:
  virtual ~InstanceSink() = default;
  /// Returns only when the instance is on disk, fsynced and committed.
  /// \throws OutOfResources (A700, the sender may retry); Malformed (Cxxx). Any other exception
  /// answers C001... never success.
  virtual Stored accept(const ReceivedInstance& instance) = 0;
  /// An association that stored instances of these studies has ended (released, aborted or timed
  /// out).
  virtual void association_ended(const AeTitle& calling, const std::vector<StudyUid>& studies) = 0;
};

/// What happened on the wire, for logs and metrics. Never carries patient data. Called from several
/// threads at once.
class IntakeObserver {
 public:
  virtual ~IntakeObserver() = default;
  virtual void association_opened(const std::string& association, const AeTitle& calling,
                                  const std::string& address) = 0;
  virtual void association_refused(const std::string& address, const std::string& reason) = 0;
  virtual void instance_answered(const std::string& association, std::uint16_t status,
                                 double seconds, std::uint64_t bytes) = 0;
  virtual void instance_failed(const std::string& association, std::uint16_t status,
                               const std::string& reason) = 0;
  virtual void association_closed(const std::string& association, const std::string& how,
                                  int stored) = 0;
};

struct IntakeSettings {
  std::string listen_address = "127.0.0.1";
  std::uint16_t port = 11112;  ///< 0: any free port (see IntakeServer::port)
  AeTitle title{"TOMOSCRIBE"};
  bool check_called_title =
      false;  ///< refuse associations that call another title (A-ASSOCIATE-RJ 1/1/7)
  std::vector<AeTitle> allowed_calling;  ///< empty: any (reject 1/1/3 otherwise)
  std::filesystem::path spool_folder;    ///< same file system as the blob store
  int crew = 16;  ///< association handlers at once; more are refused, transient (2/3/2)
  std::chrono::seconds acse_timeout{30}, dimse_timeout{60}, idle_timeout{300};
  std::uint64_t max_instance_bytes = 2ULL << 30;
  std::uint64_t reserve_bytes = 1ULL
                                << 30;  ///< below this much free disk every store is answered A700
};

/// A Storage and Verification SCP: one accept loop and a fixed crew of threads.
/// Silent, slow or garbling peers occupy one crew member until their timeout and harm nobody else.
/// Standard: PS3.4 B (Storage), A (Verification); PS3.8.
class IntakeServer {
 public:
  /// Listens on return. \throws std::system_error when the port cannot be bound.
  IntakeServer(IntakeSettings settings, InstanceSink& sink, IntakeObserver& observer);
  ~IntakeServer();  ///< stops accepting, lets instances in flight end (at most 10 s), joins
  IntakeServer(const IntakeServer&) = delete;
  IntakeServer& operator=(const IntakeServer&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One row of docs/conformance.md.
struct AcceptedClass {
  std::string uid, name, use;  ///< use: "reconstruct", "keep", "read"
};
struct AcceptedSyntax {
  std::string uid, name;
  bool decoded;
};
const std::vector<AcceptedClass>& accepted_classes();    ///< storage SOP classes the intake takes
const std::vector<AcceptedSyntax>& accepted_syntaxes();  ///< in the order of preference

}  // namespace tomoscribe::dicom
