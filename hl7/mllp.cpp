#include "hl7/mllp.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "hl7/message.h"

namespace tomoscribe::hl7 {
namespace {

using Clock = std::chrono::steady_clock;
constexpr char frame_begin = 0x0b, frame_end = 0x1c, carriage_return = 0x0d;

Poco::Timespan span(std::chrono::milliseconds length) {
  return {static_cast<Poco::Timespan::TimeDiff>(length.count()) * 1000};
}

/// Whether something is to be read, or to be accepted, within the time. Poco's own poll opens a
/// descriptor, and fails where none is left.
bool readable(const Poco::Net::Socket& socket) {
  constexpr int wait_ms = 200;
  pollfd asked{.fd = socket.impl()->sockfd(), .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, wait_ms) > 0;
}

/// Cuts frames out of a byte stream; what lies between frames is skipped.
class FrameReader {
 public:
  explicit FrameReader(std::size_t limit) : limit_(limit) {}
  /// \return false once a frame is longer than the limit.
  bool feed(std::string_view bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [this](char byte) { return take(byte); });
  }
  std::optional<std::string> next() {
    if (done_.empty()) return std::nullopt;
    std::string frame = std::move(done_.front());
    done_.pop_front();
    return frame;
  }

 private:
  bool take(char byte) {
    if (byte == frame_begin) {
      inside_ = true;
      frame_.clear();
    } else if (inside_ && byte == carriage_return && !frame_.empty() &&
               frame_.back() == frame_end) {
      frame_.pop_back();
      done_.push_back(std::move(frame_));
      frame_.clear();
      inside_ = false;
    } else if (inside_) {
      if (frame_.size() >= limit_) return false;
      frame_.push_back(byte);
    }
    return true;
  }

  std::size_t limit_;
  bool inside_ = false;
  std::string frame_;
  std::list<std::string> done_;
};

void send_frame(Poco::Net::StreamSocket& socket, std::string_view message) {
  std::string frame;
  frame += frame_begin;
  frame += message;
  frame += frame_end;
  frame += carriage_return;
  for (std::size_t sent = 0; sent < frame.size();)
    sent += static_cast<std::size_t>(
        socket.sendBytes(frame.data() + sent, static_cast<int>(frame.size() - sent), MSG_NOSIGNAL));
}

}  // namespace

struct MllpServer::Impl {
  Impl(MllpSettings given, MllpHandler answer, MllpTrouble tell)
      : settings(std::move(given)), handler(std::move(answer)), trouble(std::move(tell)) {
    try {
      // Reuses the address, not the port: a second listener would take a share of the messages.
      socket.bind(Poco::Net::SocketAddress(settings.listen_address, settings.port), true, false);
      socket.listen(64);
    } catch (const Poco::Exception& fault) {
      throw std::system_error(fault.code() != 0 ? fault.code() : EADDRINUSE,
                              std::generic_category(),
                              "cannot listen for MLLP on " + settings.listen_address + ":" +
                                  std::to_string(settings.port));
    }
    port = socket.address().port();
    acceptor = std::jthread([this](const std::stop_token& stop) { accept(stop); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    acceptor.request_stop();
    acceptor.join();
    const std::lock_guard lock(mutex);
    for (auto& connection : connections) connection.thread.request_stop();
    connections.clear();  // joins; their threads take no lock
  }

  /// One peer and the thread that talks with it.
  struct Connection {
    explicit Connection(const Poco::Net::StreamSocket& peer) : socket(peer) {}
    Poco::Net::StreamSocket socket;
    std::atomic<Clock::time_point> heard = Clock::now();  ///< the last whole message, or connecting
    std::atomic<bool> answering = false, over = false;
    bool dismissed = false;
    std::jthread thread;
  };

  void accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (exhausted) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const bool called = readable(socket);
      const std::lock_guard lock(mutex);
      std::erase_if(connections,
                    [](const Connection& connection) { return connection.over.load(); });
      if (called) {
        take();
      } else {
        exhausted = false;
      }
    }
  }

  /// One connection's fault is not the listener's. Called with the mutex held.
  void take() {
    try {
      const Poco::Net::StreamSocket peer = socket.acceptConnection();
      if (!make_room()) return;  // closed by going out of scope
      Connection& connection = connections.emplace_back(peer);
      connection.thread = std::jthread(
          [this, &connection](const std::stop_token& ending) { serve(connection, ending); });
      exhausted = false;
    } catch (const Poco::Exception& fault) {
      if (fault.code() == EMFILE || fault.code() == ENFILE || fault.code() == ENOBUFS)
        pause("no file descriptor is left for a connection");
    } catch (const std::system_error&) {
      connections.pop_back();
      pause("no thread is left for a connection");
    }
  }

  /// Looks again after a moment, not in a busy loop.
  void pause(const std::string& reason) {
    if (!exhausted && trouble) trouble(reason);
    exhausted = true;
  }

  /// Silent peers must not keep others out: the one that has been silent longest makes room. False:
  /// all are being answered. Called with the mutex held.
  bool make_room() {
    int open = 0;
    Connection* quietest = nullptr;
    for (Connection& connection : connections) {
      if (connection.dismissed) continue;
      ++open;
      if (!connection.answering &&
          (quietest == nullptr || connection.heard.load() < quietest->heard.load()))
        quietest = &connection;
    }
    if (open < settings.connections) return true;
    if (quietest == nullptr) return false;
    quietest->dismissed = true;
    quietest->socket.shutdownReceive();  // its thread reads the end and goes
    return true;
  }

  void serve(Connection& connection, const std::stop_token& stop) const {
    try {
      talk(connection, stop);
    } catch (const std::exception&) {
      // The peer went away or the handler failed: this connection ends, nothing was acknowledged
      // that was not stored.
    }
    try {
      connection.socket.shutdown();  // closed by the acceptor, who may be looking at it
    } catch (const Poco::Exception&) {
      // The peer was faster.
    }
    connection.over = true;
  }

  void talk(Connection& connection, const std::stop_token& stop) const {
    Poco::Net::StreamSocket& peer = connection.socket;
    peer.setNoDelay(true);
    peer.setSendTimeout(span(std::chrono::seconds(30)));
    FrameReader reader(settings.max_frame_bytes);
    std::string buffer(1 << 16, '\0');
    const std::string address = peer.peerAddress().host().toString();
    while (!stop.stop_requested() &&
           Clock::now() - connection.heard.load() < settings.idle_timeout) {
      if (!readable(peer)) continue;
      const int got = peer.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) return;
      if (!reader.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got)))) return;
      while (const auto frame = reader.next()) {
        connection.answering = true;
        const std::string answer = handler(*frame, address);
        connection.heard = Clock::now();  // only a whole message keeps it alive: a trickle does not
        connection.answering = false;     // before the peer can know: it may be silent from now on
        send_frame(peer, answer);
      }
    }
  }

  MllpSettings settings;
  MllpHandler handler;
  MllpTrouble trouble;
  Poco::Net::ServerSocket socket;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::list<Connection> connections;  // guarded by mutex
  bool exhausted = false;             // the acceptor's alone: no descriptor or thread was left
  std::jthread acceptor;
};

MllpServer::MllpServer(MllpSettings settings, MllpHandler handler, MllpTrouble trouble)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(handler), std::move(trouble))) {}
MllpServer::~MllpServer() = default;
std::uint16_t MllpServer::port() const {
  return impl_->port;
}

namespace {

using Kind = MllpResult::Kind;

MllpResult judged(const Segment& msa) {
  const std::string code = msa.get(1);
  if (code == "AA" || code == "CA") return {.kind = Kind::accepted, .code = code};
  if (code == "AE" || code == "CE")
    return {.kind = Kind::refused_retry, .code = code, .reason = "the receiver reports an error"};
  if (code == "AR" || code == "CR")
    return {
        .kind = Kind::refused_final, .code = code, .reason = "the receiver rejects the message"};
  return {.kind = Kind::refused_retry,
          .code = code.substr(0, 2),
          .reason = "the receiver's acknowledgement has an unknown code"};
}

/// What an acknowledgement of our message says; nothing when the frame is something else.
std::optional<MllpResult> acknowledged(const std::string& frame, const std::string& control_id) {
  try {
    const Message answer = Message::parse(frame);
    const Segment* msa = answer.find("MSA");
    if (msa == nullptr || msa->get(2) != control_id) return std::nullopt;
    return judged(*msa);
  } catch (const Rejected&) {
    return std::nullopt;
  }
}

MllpResult exchange(std::string_view message, const MllpPeer& peer, std::chrono::seconds timeout,
                    const std::string& control_id) {
  Poco::Net::StreamSocket socket;
  socket.connect(Poco::Net::SocketAddress(peer.host, peer.port), span(timeout));
  socket.setSendTimeout(span(timeout));
  socket.setReceiveTimeout(span(timeout));
  send_frame(socket, message);
  FrameReader reader(1U << 20U);
  std::string buffer(1 << 14, '\0');
  const auto deadline = Clock::now() + timeout;
  while (Clock::now() < deadline) {
    if (!readable(socket)) continue;
    const int got = socket.receiveBytes(buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0)
      return {.kind = Kind::unreachable,
              .reason = "the receiver closed the connection without an acknowledgement"};
    if (!reader.feed(std::string_view(buffer.data(), static_cast<std::size_t>(got))))
      return {.kind = Kind::refused_retry,
              .reason = "the receiver's acknowledgement is over 1 MiB"};
    while (const auto frame = reader.next())
      if (auto result = acknowledged(*frame, control_id)) return std::move(*result);
  }
  return {.kind = Kind::unreachable, .reason = "no acknowledgement of this message in time"};
}

}  // namespace

MllpResult send_message(std::string_view message, const MllpPeer& peer,
                        std::chrono::seconds timeout) {
  const std::string control_id = Message::parse(message).control_id();
  try {
    return exchange(message, peer, timeout, control_id);
  } catch (const Poco::Exception&) {
    return {.kind = Kind::unreachable, .reason = "the receiver cannot be reached"};
  }
}

}  // namespace tomoscribe::hl7
