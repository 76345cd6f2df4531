#include "dicom/detail/association.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "dicom/detail/spooled_instance.h"

namespace tomoscribe::dicom::detail {
namespace {

constexpr long largest_pdu = 131072;
/// A data set that drips holds its thread no longer than the time of silence and this rate allow.
constexpr std::uint64_t slowest_bytes_per_second = 16384;

/// From failure to DIMSE status: the one table (PS3.4 B.2.3).
std::uint16_t dimse_status(const std::exception_ptr& failure, std::string& reason) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const IdentityMismatch& fault) {
    reason = fault.what();
    return STATUS_STORE_Error_DataSetDoesNotMatchSOPClass;  // A900
  } catch (const Malformed& fault) {
    reason = fault.what();
    return STATUS_STORE_Error_CannotUnderstand;  // C000
  } catch (const OutOfResources& fault) {
    reason = fault.what();
    return STATUS_STORE_Refused_OutOfResources;  // A700: the sender may try again
  } catch (const std::system_error& fault) {
    reason = fault.what();
    return STATUS_STORE_Refused_OutOfResources;
  } catch (const std::exception& fault) {
    reason = fault.what();
    return 0x0110;  // processing failure (PS3.7 C.5.14)
  } catch (...) {
    reason = "unknown fault";
    return 0x0110;
  }
}

std::uint16_t dimse_status(Stored stored) {
  switch (stored) {
    case Stored::stored:
    case Stored::already_held:
    case Stored::header_version: return STATUS_Success;
    case Stored::conflict:
      return STATUS_STORE_Warning_CoercionOfDataElements;  // B000: kept, but not in force
  }
  return 0x0110;
}

OFCondition accept_contexts(T_ASC_Parameters* parameters) {
  std::vector<const char*> classes, syntaxes;
  for (const AcceptedClass& accepted : accepted_classes()) classes.push_back(accepted.uid.c_str());
  for (const AcceptedSyntax& accepted : accepted_syntaxes())
    syntaxes.push_back(accepted.uid.c_str());
  OFCondition condition = ASC_acceptContextsWithPreferredTransferSyntaxes(
      parameters, classes.data(), static_cast<int>(classes.size()), syntaxes.data(),
      static_cast<int>(syntaxes.size()));
  const char* verification = UID_VerificationSOPClass;
  std::array<const char*, 2> plain{UID_LittleEndianExplicitTransferSyntax,
                                   UID_LittleEndianImplicitTransferSyntax};
  if (condition.good())
    condition = ASC_acceptContextsWithPreferredTransferSyntaxes(
        parameters, &verification, 1, plain.data(), static_cast<int>(plain.size()));
  return condition;
}

int seconds(std::chrono::seconds length) {
  return static_cast<int>(length.count());
}

/// Removes the spool file unless the sink took it over.
class SpoolFile {
 public:
  explicit SpoolFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~SpoolFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

std::mutex& handover_mutex() {
  static std::mutex mutex;
  return mutex;
}

struct Association::Store {
  Association& association;
  const T_DIMSE_C_StoreRQ& request;
  std::filesystem::path file;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  std::uint16_t status = 0x0110;
  bool answered = false;
};

Association::Association(IntakeContext& context, T_ASC_Network* network, std::string name) noexcept
    : context_(context), network_(network), name_(std::move(name)) {}

Association::~Association() {
  fd_ = -1;
  if (association_ == nullptr) return;
  ASC_dropSCPAssociation(association_, 1);
  ASC_destroyAssociation(&association_);
}

void Association::cut() noexcept {
  if (const int fd = fd_; fd >= 0) ::shutdown(fd, SHUT_RDWR);
}

void Association::serve(const Connection& connection) noexcept try {
  fd_ = connection.fd;
  if (!negotiate(connection)) return;
  context_.observer.association_opened(name_, calling_, connection.address);
  const std::string how = serve_commands();
  context_.observer.association_closed(name_, how, stored_);
  if (!studies_.empty())
    context_.sink.association_ended(calling_,
                                    std::vector<StudyUid>(studies_.begin(), studies_.end()));
} catch (const std::exception& fault) {
  context_.observer.instance_failed(name_, 0, fault.what());
}

bool Association::negotiate(const Connection& connection) {
  OFCondition condition;
  {
    const std::lock_guard lock(handover_mutex());
    dcmExternalSocketHandle.set(connection.fd);
    condition = ASC_receiveAssociation(network_, &association_, largest_pdu, nullptr, nullptr,
                                       OFFalse, DUL_NOBLOCK, 1);
    dcmExternalSocketHandle.set(DCMNET_INVALID_SOCKET);
  }
  if (condition.bad() || association_ == nullptr) {
    if (association_ == nullptr) ::close(connection.fd);
    context_.observer.association_refused(connection.address,
                                          "the association request cannot be read");
    return false;
  }
  const auto calling = AeTitle::parse(association_->params->DULparams.callingAPTitle);
  const auto called = AeTitle::parse(association_->params->DULparams.calledAPTitle);
  const IntakeSettings& settings = context_.settings;
  if (!calling || calling->empty() ||
      (!settings.allowed_calling.empty() &&
       std::ranges::find(settings.allowed_calling, *calling) == settings.allowed_calling.end()))
    return reject(ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
                  ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED,
                  "the calling AE title is not on the list", connection.address);
  if (!called || (settings.check_called_title && *called != settings.title))
    return reject(ASC_RESULT_REJECTEDPERMANENT, ASC_SOURCE_SERVICEUSER,
                  ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED, "another AE title was called",
                  connection.address);
  calling_ = *calling;
  called_ = *called;
  ASC_setAPTitles(association_->params, nullptr, nullptr, settings.title.str().c_str());
  if (accept_contexts(association_->params).bad() ||
      ASC_acknowledgeAssociation(association_).bad()) {
    context_.observer.association_refused(connection.address,
                                          "the association could not be negotiated");
    return false;
  }
  return true;
}

bool Association::reject(T_ASC_RejectParametersResult result, T_ASC_RejectParametersSource source,
                         T_ASC_RejectParametersReason reason, const std::string& sentence,
                         const std::string& address) {
  T_ASC_RejectParameters parameters{result, source, reason};
  ASC_rejectAssociation(association_, &parameters);
  context_.observer.association_refused(address, sentence);
  return false;
}

std::string Association::serve_commands() {
  auto silent_since = std::chrono::steady_clock::now();
  while (!context_.stopping) {
    if (!ASC_dataWaiting(association_, 1)) {
      if (std::chrono::steady_clock::now() - silent_since < context_.settings.idle_timeout)
        continue;
      ASC_abortAssociation(association_);
      return "aborted by us: idle";
    }
    if (std::string end = serve_command(); !end.empty()) return end;
    silent_since = std::chrono::steady_clock::now();
  }
  ASC_abortAssociation(association_);
  return "aborted by us: shutting down";
}

std::string Association::serve_command() {
  T_ASC_PresentationContextID context_id = 0;
  T_DIMSE_Message message{};
  OFCondition condition = DIMSE_receiveCommand(association_, DIMSE_NONBLOCKING,
                                               seconds(context_.settings.dimse_timeout),
                                               &context_id, &message, nullptr);
  if (condition == DUL_PEERREQUESTEDRELEASE) {
    ASC_acknowledgeRelease(association_);
    return "released";
  }
  if (condition == DUL_PEERABORTEDASSOCIATION) return "aborted by the peer";
  if (condition.good() && message.CommandField == DIMSE_C_ECHO_RQ) {
    condition = DIMSE_sendEchoResponse(association_, context_id, &message.msg.CEchoRQ,
                                       STATUS_Success, nullptr);
  } else if (condition.good() && message.CommandField == DIMSE_C_STORE_RQ) {
    condition = store(context_id, message.msg.CStoreRQ);
  } else if (condition.good()) {
    ASC_abortAssociation(association_);
    return "aborted by us: a command other than C-ECHO and C-STORE";
  }
  if (condition.good()) return "";
  ASC_abortAssociation(association_);
  return std::string("ended by a fault: ") + condition.text();
}

OFCondition Association::store(T_ASC_PresentationContextID context_id, T_DIMSE_C_StoreRQ& request) {
  const SpoolFile spool(context_.settings.spool_folder /
                        (name_ + "-" + std::to_string(context_.instances++) + ".part"));
  std::error_code error;
  const auto space = std::filesystem::space(context_.settings.spool_folder, error);
  const bool room = !error && space.available >= context_.settings.reserve_bytes;
  Store store{.association = *this,
              .request = request,
              .file = room ? spool.path() : std::filesystem::path()};
  const OFCondition condition = DIMSE_storeProvider(
      association_, context_id, &request, room ? spool.path().c_str() : "/dev/null", 1, nullptr,
      progress, &store, DIMSE_NONBLOCKING, seconds(context_.settings.dimse_timeout));
  if (!store.answered) {
    context_.observer.instance_failed(
        name_, store.status, std::string("the data set did not arrive: ") + condition.text());
    return condition;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - store.began;
  context_.observer.instance_answered(name_, store.status, took.count(), store.bytes);
  return condition;
}

void Association::progress(void* user, T_DIMSE_StoreProgress* progress,
                           T_DIMSE_C_StoreRQ* /*request*/, char* /*file*/,
                           DcmDataset** /*data_set*/, T_DIMSE_C_StoreRSP* response,
                           DcmDataset** /*detail*/) {
  auto& store = *static_cast<Store*>(user);
  store.bytes = static_cast<std::uint64_t>(std::max(progress->progressBytes, 0L));
  // There is no way to tell DCMTK to stop: the connection is ended under it, and nothing is
  // acknowledged.
  const IntakeSettings& settings = store.association.context_.settings;
  const auto allowed =
      settings.dimse_timeout + std::chrono::seconds(store.bytes / slowest_bytes_per_second);
  if (store.bytes > settings.max_instance_bytes ||
      std::chrono::steady_clock::now() - store.began > allowed)
    store.association.cut();
  if (progress->state != DIMSE_StoreEnd) return;
  store.status = response->DimseStatus == STATUS_Success ? store.association.take(store)
                                                         : response->DimseStatus;
  store.answered = true;
  response->DimseStatus = store.status;
}

std::uint16_t Association::take(Store& store) noexcept {
  std::string reason;
  std::uint16_t status = STATUS_STORE_Refused_OutOfResources;
  try {
    if (store.file.empty()) throw OutOfResources("less free disk than the reserve");
    ReceivedInstance instance = examine(store.file, store.request.AffectedSOPClassUID,
                                        store.request.AffectedSOPInstanceUID);
    instance.calling = calling_;
    instance.called = called_;
    instance.association = name_;
    status = dimse_status(context_.sink.accept(instance));
    studies_.insert(instance.header.study);
    ++stored_;
    return status;
  } catch (...) {
    status = dimse_status(std::current_exception(), reason);
  }
  try {
    context_.observer.instance_failed(name_, status, reason);
  } catch (const std::exception&) {
    return status;  // an observer that fails must not change the answer
  }
  return status;
}

}  // namespace tomoscribe::dicom::detail
