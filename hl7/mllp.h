#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tomoscribe::hl7 {

struct MllpSettings {
  std::string listen_address = "127.0.0.1";
  std::uint16_t port = 2575;  ///< 0: any free port
  int connections = 16;       ///< at once; one more, and the one silent longest is closed
  std::chrono::seconds idle_timeout{300};
  std::size_t max_frame_bytes = 50U << 20U;
};

/// Answers one message with the acknowledgement to send back. Called from several threads at once.
using MllpHandler = std::function<std::string(std::string_view message, const std::string& peer)>;
/// Told once, in one sentence, when connections wait because this process can take no more.
using MllpTrouble = std::function<void(const std::string& reason)>;

/// MLLP listener: 0x0B message 0x1C 0x0D; one message in flight a connection. Garbage outside
/// frames is skipped; an over-long frame closes that connection only.
class MllpServer {
 public:
  /// Listens on return. \throws std::system_error when the port cannot be bound.
  MllpServer(MllpSettings settings, MllpHandler handler, MllpTrouble trouble = {});
  ~MllpServer();
  MllpServer(const MllpServer&) = delete;
  MllpServer& operator=(const MllpServer&) = delete;
  std::uint16_t port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct MllpPeer {
  std::string host;
  std::uint16_t port = 2575;
};

/// The receiver's answer to one message.
struct MllpResult {
  enum class Kind { accepted, refused_retry, refused_final, unreachable } kind;
  std::string code;    ///< MSA-1
  std::string reason;  ///< one sentence, no patient data
};

/// Sends `message` over a connection of its own and waits for the acknowledgement whose MSA-2 is
/// its MSH-10; acknowledgements of other messages are skipped until the timeout. AA/CA accepted, AE
/// retry, AR/CR final.
MllpResult send_message(std::string_view message, const MllpPeer& peer,
                        std::chrono::seconds timeout = std::chrono::seconds(30));

}  // namespace tomoscribe::hl7
