#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dimse.h>

#include "dicom/detail/listener.h"
#include "dicom/intake.h"

namespace tomoscribe::dicom::detail {

/// What every association of one server shares.
struct IntakeContext {
  const IntakeSettings& settings;
  InstanceSink& sink;
  IntakeObserver& observer;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> instances{0};
};

/// DCMTK takes a ready socket only through one process-wide variable: held by whoever sets it. The
/// request is in the socket's buffer already, so nobody waits for the network while holding this.
std::mutex& handover_mutex();

/// One association, from its request to its end, in one thread. Never throws.
class Association {
 public:
  Association(IntakeContext& context, T_ASC_Network* network, std::string name) noexcept;
  ~Association();
  Association(const Association&) = delete;
  Association& operator=(const Association&) = delete;

  /// Takes over the connection, negotiates, serves until release, abort, silence or stop.
  void serve(const Connection& connection) noexcept;
  /// Ends the connection under it; callable from another thread.
  void cut() noexcept;

 private:
  struct Store;
  bool negotiate(const Connection& connection);
  bool reject(T_ASC_RejectParametersResult result, T_ASC_RejectParametersSource source,
              T_ASC_RejectParametersReason reason, const std::string& sentence,
              const std::string& address);
  std::string serve_commands();
  std::string serve_command();  ///< how the association ended; empty: it goes on
  OFCondition store(T_ASC_PresentationContextID context_id, T_DIMSE_C_StoreRQ& request);
  std::uint16_t take(Store& store) noexcept;
  static void progress(void* user, T_DIMSE_StoreProgress* progress, T_DIMSE_C_StoreRQ* request,
                       char* file, DcmDataset** data_set, T_DIMSE_C_StoreRSP* response,
                       DcmDataset** detail);

  IntakeContext& context_;
  T_ASC_Network* network_;
  T_ASC_Association* association_ = nullptr;
  std::string name_;
  AeTitle calling_, called_;
  std::set<StudyUid> studies_;
  int stored_ = 0;
  std::atomic<int> fd_{-1};
};

}  // namespace tomoscribe::dicom::detail
