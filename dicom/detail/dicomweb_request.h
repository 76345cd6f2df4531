#pragma once
// What a DICOMweb request asks for, parsed once; whatever cannot be answered is a Refusal.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/detail/picture.h"
#include "dicom/http_message.h"
#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {

/// Ends a request with a status and one sentence.
struct Refusal {
  int status;
  std::string sentence;
};

/// Where a request points; absent parts were not in the path.
struct Target {
  StudyUid study;
  std::optional<SeriesUid> series;
  std::optional<SopInstanceUid> instance;
  std::vector<std::string> rest;  ///< after the identities: {"metadata"}, {"frames","1"}
};

/// /dicom-web/studies/{s}[/series/{r}[/instances/{i}]][/…]  \throws Refusal.
Target parse_target(std::string_view path);

/// \throws Refusal unless `text` is one whole number from 1.
std::uint32_t frame_number(const std::string& text);

/// `window=c,w[,linear]` (PS3.18 8.3.5.1.4); nullopt when it is not asked for.  \throws Refusal.
std::optional<Window> window_parameter(const HttpRequest& request);

}  // namespace tomoscribe::dicom::detail
