#pragma once
// The review page's server side: its files, and the calls it makes. JSON in and out; every refusal
// is
// {"error": "<one sentence>"} (plus what is said below).
//
// Study row ("row" below); absent values are left out:
//   {"uid", "state": "receiving|queued|analysing|drafted|signed|unsuitable|failed"
//   (to_text(StudyState)),
//    "reason", "stage", "progress": 0..1, "patient": {"name" (as people read it), "id",
//    "birthDate", "sex"}, "accession", "description", "started", "received" (ISO 8601), "series",
//    "instances", "conflicts", "reportId", "version", "reportState" (to_text(ReportState)),
//    "signedVersion": newest signed one or 0,
//     "newerDraft": bool}
//
//   GET  /api/studies[?text=&state=&limit=&offset=]
//        200 {"studies": [row…], "receiver": {"title", "port"}}
//   GET  /api/studies/{uid}[?brief=1]
//        200 {"study": row, "versions": [1,2,…], "deliveries":
//        [{"destination","kind","state","version","attempts",
//             "lastError"}…], "report": newest version in the form of to_json(), "label": its
//             ai_label(), "account": {"family","given",…} whose name the signed-in account is bound
//             to, "person": a person's newest version when a software draft came after it}
//        `brief` leaves out report, label and person (polling). 404 when there is no such study.
//   GET  /api/reports/{id}/versions             200 {"versions": [1,2,…]}
//   GET  /api/reports/{id}/versions/{n}         200 the version, to_json()
//   GET  /api/reports/{id}/versions/{n}/text|html|sr   that face as a download
//   POST /api/reports/{id}/edit   {"base": 2, "edits": [{"statement": "s3", "text": "…"} (empty
//   text: struck out),
//                                  {"section": "findings", "text": "…"} (new sentence)],
//                                  "signer": {"name": {"family","given","prefix",…}, "id",
//                                  "organisation"}}
//        201 {"version": 3, "report": the new version}: preliminary
//   POST /api/reports/{id}/sign   the same body, edits may be empty
//        201 as above: final, or corrected after a signed one; edits and signature are one version.
//        409 when `base` is signed already and there is nothing to change.
//   POST /api/reports/{id}/deliveries/resend   {"version": 3, "destination": "ris"}    202 {}
//
// Both POSTs on a report: 400 with one sentence for JSON that is not as above, a text over 8,000
// bytes or a signer without a name; 412 {"error", "base": 2, "newest": 4} when somebody made a
// version in the meantime (RFC 9110 15.5.13). A POST must be application/json (415), which no
// foreign page's form can send.

#include <filesystem>
#include <functional>
#include <string>

#include "dicom/http_message.h"
#include "reporting/report_store.h"

namespace tomoscribe::reporting {

/// Where images are sent to; the empty worklist says so.
struct Receiver {
  std::string title = "TOMOSCRIBE";  ///< AE title
  int port = 11112;
};

/// Handler for `/api/…` as above and, for every other path, the built page in `page` (index.html at
/// `/` and
/// `/studies/…`). `now` is the one clock. `store` must outlive the handler and be thread-safe.
dicom::HttpHandler review_handler(ReportStore& store, std::filesystem::path page,
                                  std::function<Moment()> now, Receiver receiver = {});

}  // namespace tomoscribe::reporting
