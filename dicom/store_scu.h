#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "dicom/identity.h"

namespace tomoscribe::dicom {

struct Peer {
  AeTitle title;
  std::string host;
  std::uint16_t port = 104;
};

/// The peer's answer to one C-STORE.
struct SendResult {
  enum class Kind { accepted, refused_retry, refused_final, unreachable } kind;
  std::uint16_t status = 0;  ///< DIMSE status when there was one
  std::string reason;        ///< one sentence, no patient data
};

/// Sends one Part 10 file by C-STORE in an association of its own. Never throws for what the peer
/// or network does. \throws Malformed when the file is no DICOM. Standard: PS3.4 B.
SendResult send_instance(const std::filesystem::path& file, const Peer& peer,
                         const AeTitle& calling,
                         std::chrono::seconds timeout = std::chrono::seconds(30));

/// C-ECHO. Standard: PS3.4 A.
SendResult verify(const Peer& peer, const AeTitle& calling,
                  std::chrono::seconds timeout = std::chrono::seconds(10));

}  // namespace tomoscribe::dicom
