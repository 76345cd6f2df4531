#include "dicom/intake.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "dicom/detail/association.h"
#include "dicom/detail/listener.h"
#include "dicom/detail/open_file.h"

namespace tomoscribe::dicom {
namespace {

/// A network handle without a listening socket of its own: DCMTK finds ours in its process-wide
/// variable.
class Network {
 public:
  Network(int listening_socket, int acse_timeout_s) {
    const std::lock_guard lock(detail::handover_mutex());
    dcmExternalSocketHandle.set(listening_socket);
    const OFCondition made = ASC_initializeNetwork(NET_ACCEPTOR, 0, acse_timeout_s, &network_);
    dcmExternalSocketHandle.set(DCMNET_INVALID_SOCKET);
    if (made.bad()) throw std::runtime_error(std::string("DCMTK's network layer: ") + made.text());
  }
  ~Network() { ASC_dropNetwork(&network_); }
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  T_ASC_Network* handle() const { return network_; }

 private:
  T_ASC_Network* network_ = nullptr;
};

/// Files that a killed gateway left behind were never acknowledged.
void clear_spool(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".part") std::filesystem::remove(entry.path());
}

}  // namespace

struct IntakeServer::Impl {
  Impl(IntakeSettings given, InstanceSink& sink, IntakeObserver& observer)
      : settings(std::move(given)),
        context{.settings = settings, .sink = sink, .observer = observer},
        listener(settings.listen_address, settings.port, static_cast<std::size_t>(settings.crew),
                 settings.acse_timeout,
                 [&observer](const std::string& address, const std::string& reason) {
                   observer.association_refused(address, reason);
                 }) {
    detail::prepare_dcmtk();
    clear_spool(settings.spool_folder);
    dcmDisableGethostbyaddr.set(OFTrue);  // a name server must not delay an association
    for (int i = 0; i < settings.crew; ++i) crew.emplace_back([this, i] { work(i); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    context.stopping = true;
    listener.stop();
    std::unique_lock lock(mutex);
    ended.wait_for(lock, std::chrono::seconds(10), [this] { return serving.empty(); });
    for (const auto& [member, association] : serving) association->cut();
    lock.unlock();
    crew.clear();
  }

  void work(int member) {
    const Network network(listener.descriptor(), static_cast<int>(settings.acse_timeout.count()));
    for (int count = 0; auto connection = listener.next(); ++count) {
      const std::string name = "a" + std::to_string(member) + "." + std::to_string(count);
      {
        detail::Association association(context, network.handle(), name);
        {
          const std::lock_guard lock(mutex);
          serving[member] = &association;
        }
        association.serve(*connection);
        const std::lock_guard lock(mutex);
        serving.erase(member);
      }
      ended.notify_all();
      listener.done();
    }
  }

  IntakeSettings settings;
  detail::IntakeContext context;
  detail::Listener listener;
  std::mutex mutex;
  std::condition_variable ended;
  std::map<int, detail::Association*> serving;  // guarded by mutex
  std::vector<std::jthread> crew;
};

IntakeServer::IntakeServer(IntakeSettings settings, InstanceSink& sink, IntakeObserver& observer)
    : impl_(std::make_unique<Impl>(std::move(settings), sink, observer)) {}

IntakeServer::~IntakeServer() = default;

std::uint16_t IntakeServer::port() const {
  return impl_->listener.port();
}

}  // namespace tomoscribe::dicom
