// Serves the review page over in-memory fakes, for the page's own test: page_server PAGE_FOLDER.
// Prints its address on one line, stops when its standard input ends.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>
#include <unistd.h>

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include "reporting/review.h"
#include "tests/page/fake_gateway.h"
#include "tests/support/folder_index.h"

namespace {

using namespace tomoscribe;  // NOLINT(google-build-using-namespace): a program of the tests
using dicom::HttpHandler;

struct Handlers {
  HttpHandler dicomweb, review;
  std::string base_url;
};

dicom::HttpRequest request_of(Poco::Net::HTTPServerRequest& in, const std::string& base_url) {
  const Poco::URI uri(in.getURI());
  dicom::HttpRequest request;
  request.method = in.getMethod();
  request.path = uri.getPath();
  request.query = uri.getQueryParameters();
  for (const auto& [name, value] : in) request.headers[name] = value;
  Poco::StreamCopier::copyToString(in.stream(), request.body);
  request.base_url = base_url;
  return request;
}

class Exchange : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Exchange(const Handlers& handlers) : handlers_(handlers) {}
  void handleRequest(Poco::Net::HTTPServerRequest& in,
                     Poco::Net::HTTPServerResponse& out) override {
    dicom::HttpResponse answer;
    try {
      const auto request = request_of(in, handlers_.base_url);
      answer = request.path.starts_with("/dicom-web/") ? handlers_.dicomweb(request)
                                                       : handlers_.review(request);
    } catch (const std::exception& reason) {
      answer = dicom::HttpResponse::text(500, reason.what());
    }
    out.setStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
    for (const auto& [name, value] : answer.headers) out.set(name, value);
    out.set("X-Content-Type-Options", "nosniff");
    out.setContentLength64(static_cast<Poco::Int64>(answer.body.size()));
    out.send() << answer.body;
  }

 private:
  const Handlers& handlers_;
};

class Factory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(const Handlers& handlers) : handlers_(handlers) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(
      const Poco::Net::HTTPServerRequest&) override {
    return new Exchange(handlers_);  // NOLINT: Poco deletes it
  }

 private:
  const Handlers& handlers_;
};

reporting::StudyRow row(const std::string& name, const std::string& id, reporting::StudyState state,
                        const std::string& description) {
  reporting::StudyRow made{.uid = dicom::StudyUid(dicom::uid_from_name(id)), .state = state};
  made.patient = {
      .id = dicom::PatientId(id), .issuer = {}, .name = dicom::PersonName::parse_pn(name)};
  made.accession = dicom::AccessionNumber("A-" + id);
  made.description = description;
  made.received = reporting::Moment::parse_iso("2026-11-24T10:18:00+01:00");
  made.series = 2;
  made.instances = 240;
  return made;
}

void fill(page_test::FakeReportStore& store, const page_test::TestSeries& series) {
  using reporting::StudyState;
  const auto report = page_test::test_report(series);
  reporting::StudyRow drafted =
      row("x", "PHANTOM-7", StudyState::drafted, report.study.description);
  drafted.uid = series.study;
  drafted.patient = report.study.patient;
  drafted.accession = report.study.accession;
  drafted.started = report.study.started;
  drafted.instances = report.study.instances;
  drafted.report_id = report.report_id;
  drafted.version = 1;
  drafted.report_state = report.state;
  store.add(drafted, {report});

  auto running = row("Phantom^Berta", "PHANTOM-8", StudyState::analysing, "CT chest");
  running.stage = "measuring lungs";
  running.progress = 0.62;
  store.add(running, {});
  store.add(row("Phantom^Carl", "PHANTOM-9", StudyState::receiving, "CT abdomen and pelvis"), {});
  store.add(row("Phantom^Dora", "PHANTOM-10", StudyState::queued, "CT head"), {});
  auto gap = row("Phantom^Emil", "PHANTOM-11", StudyState::unsuitable, "CT chest");
  gap.reason = "gap of 5.0 mm after slice 16";
  store.add(gap, {});
  auto dead = row("Phantom^Frieda", "PHANTOM-12", StudyState::failed, "CT chest");
  dead.reason = "the analysis stopped five times; see the runbook";
  dead.conflicts = 2;
  store.add(dead, {});
}

int serve(const std::filesystem::path& page, const std::filesystem::path& folder) {
  const auto series = page_test::write_test_series(folder / "files", 40);
  const dicom::BlobStore blobs(folder / "store");
  tests::FolderIndex index(blobs);
  index.add_folder(folder / "files");
  page_test::FakeReportStore store;
  fill(store, series);
  const auto now = [] {
    return reporting::Moment{
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
        std::chrono::minutes(60)};
  };
  Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
  Handlers handlers{dicom::dicomweb_handler(index, blobs),
                    reporting::review_handler(store, page, now),
                    "http://127.0.0.1:" + std::to_string(socket.address().port())};
  Poco::Net::HTTPServer server(new Factory(handlers), socket, new Poco::Net::HTTPServerParams);
  server.start();
  std::cout << handlers.base_url << '\n' << std::flush;
  while (std::cin.get() != std::char_traits<char>::eof()) {
  }
  server.stopAll(true);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: page_server PAGE_FOLDER\n";
    return 2;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "tomoscribe-page-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return EXIT_FAILURE;
  int status = EXIT_FAILURE;
  try {
    status = serve(argv[1], folder);
  } catch (const std::exception& reason) {
    std::cerr << "page_server: " << reason.what() << '\n';
  }
  std::filesystem::remove_all(folder);
  return status;
}
