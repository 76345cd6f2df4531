#include "dicom/store_scu.h"

#include <array>
#include <cstdlib>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmnet/scu.h>

#include "dicom/detail/open_file.h"

namespace tomoscribe::dicom {
namespace {

using Kind = SendResult::Kind;

/// An association of one presentation context that ends when this does.
class Sender : public DcmSCU {
 public:
  Sender(const Peer& peer, const AeTitle& calling, std::chrono::seconds timeout) {
    detail::prepare_dcmtk();
    const auto length = static_cast<Uint32>(timeout.count());
    setAETitle(calling.str());
    setPeerAETitle(peer.title.str());
    setPeerHostName(peer.host);
    setPeerPort(peer.port);
    setACSETimeout(length);
    setDIMSETimeout(length);
    setDIMSEBlockingMode(DIMSE_NONBLOCKING);
    setConnectionTimeout(static_cast<Sint32>(length));
    setVerbosePCMode(OFFalse);
  }
  ~Sender() override {
    if (isConnected()) releaseAssociation();
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  OFCondition connect(const std::string& sop_class, const OFList<OFString>& syntaxes) {
    addPresentationContext(sop_class, syntaxes);
    const OFCondition ready = initNetwork();
    return ready.bad() ? ready : negotiateAssociation();
  }
};

SendResult unreachable(const OFCondition& condition) {
  const bool refused = condition == DUL_ASSOCIATIONREJECTED;
  return {
      .kind = Kind::unreachable,
      .reason = std::string(refused ? "the peer rejected the association: " : "no association: ") +
                condition.text()};
}

/// PS3.4 table B.2-1: A7xx may be tried again, A9xx and Cxxx not; warnings mean stored.
SendResult judged(std::uint16_t status) {
  const unsigned family = status & 0xf000U;
  std::array<char, 8> hex{};
  std::snprintf(hex.data(), hex.size(), "%04X", status);
  if (status == STATUS_Success || family == 0xb000U)
    return {.kind = Kind::accepted, .status = status};
  const bool retry = (status & 0xff00U) == 0xa700U || status == 0x0110;
  return {.kind = retry ? Kind::refused_retry : Kind::refused_final,
          .status = status,
          .reason = std::string("the peer answered status ") + hex.data()};
}

}  // namespace

SendResult send_instance(const std::filesystem::path& file, const Peer& peer,
                         const AeTitle& calling, std::chrono::seconds timeout) {
  const auto format = detail::open_file(file, true);
  OFString sop_class;
  format->getDataset()->findAndGetOFString(DCM_SOPClassUID, sop_class);
  if (sop_class.empty()) throw Malformed("the file has no SOP class");
  const E_TransferSyntax syntax = format->getDataset()->getOriginalXfer();
  OFList<OFString> syntaxes;
  syntaxes.emplace_back(DcmXfer(syntax).getXferID());
  if (!DcmXfer(syntax).isEncapsulated() && syntax != EXS_LittleEndianImplicit)
    syntaxes.emplace_back(UID_LittleEndianImplicitTransferSyntax);
  Sender sender(peer, calling, timeout);
  SendResult not_taken{.kind = Kind::refused_final,
                       .reason = "the peer does not accept this kind of object"};
  if (const OFCondition connected = sender.connect(sop_class, syntaxes); connected.bad())
    return connected == NET_EC_NoAcceptablePresentationContexts ? not_taken
                                                                : unreachable(connected);
  Uint16 status = 0;
  const OFCondition sent = sender.sendSTORERequest(0, file.c_str(), nullptr, status);
  if (sent.bad()) {
    if (sent == DIMSE_NOVALIDPRESENTATIONCONTEXTID ||
        sent == NET_EC_NoAcceptablePresentationContexts)
      return not_taken;
    return unreachable(sent);
  }
  return judged(status);
}

SendResult verify(const Peer& peer, const AeTitle& calling, std::chrono::seconds timeout) {
  Sender sender(peer, calling, timeout);
  OFList<OFString> syntaxes;
  syntaxes.emplace_back(UID_LittleEndianImplicitTransferSyntax);
  if (const OFCondition connected = sender.connect(UID_VerificationSOPClass, syntaxes);
      connected.bad())
    return unreachable(connected);
  const OFCondition echoed = sender.sendECHORequest(0);
  if (echoed.bad()) return unreachable(echoed);
  return {.kind = Kind::accepted};
}

}  // namespace tomoscribe::dicom
