#pragma once

#include <filesystem>
#include <functional>

#include "dicom/http_message.h"
#include "reporting/report_store.h"

namespace tomoscribe::reporting {

/// Handler for `/` (the built page's files) and `/api/…`:
///   GET  /api/studies                         worklist
///   GET  /api/studies/{uid}                   state, report version (JSON face), deliveries
///   GET  /api/reports/{id}/versions[/{n}[/text|/html|/sr]]
///   POST /api/reports/{id}/edit               {base, edits[], signer}    -> 201, 412 when base is
///   not the newest POST /api/reports/{id}/sign               {base, edits[], signer} POST
///   /api/reports/{id}/deliveries/resend  {version, destination}
/// `page` is the folder Vite built. `now` is the one clock. `store` must outlive the handler and be
/// thread-safe.
dicom::HttpHandler review_handler(ReportStore& store, std::filesystem::path page,
                                  std::function<Moment()> now);

}  // namespace tomoscribe::reporting
