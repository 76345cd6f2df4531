#pragma once

#include <filesystem>

#include "dicom/http_message.h"

namespace tomoscribe::reporting::detail {

/// A file of the built page, or index.html for the paths that the page itself routes (`/`,
/// `/studies/…`).
dicom::HttpResponse static_page(const std::filesystem::path& folder,
                                const dicom::HttpRequest& request);

}  // namespace tomoscribe::reporting::detail
