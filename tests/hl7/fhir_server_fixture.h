#pragma once
// The FHIR server over a fake store. Header-only.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "hl7/fhir.h"
#include "tests/support/example_report.h"
#include "tests/support/fake_report_store.h"

namespace tomoscribe::hl7 {

using dicom::HttpRequest;
using dicom::HttpResponse;
using Json = nlohmann::json;
using Query = std::vector<std::pair<std::string, std::string>>;

inline reporting::ReportVersion of_study(reporting::ReportVersion version, const std::string& uid,
                                         const std::string& accession) {
  version.study.uid = dicom::StudyUid(uid);
  version.study.accession = dicom::AccessionNumber(accession);
  version.report_id = dicom::uid_from_name("report|" + uid);
  version.order->accession = version.study.accession;
  version.order->placer_number = "PL-" + accession;
  return version;
}

/// Three studies: one signed with a newer draft beside it, one drafted, one without a report.
class FhirServer : public testing::Test {
 protected:
  FhirServer() {
    auto newer = tests::example_draft();
    newer.number = 3;
    newer.predecessor = 2;
    add({tests::example_draft(), tests::example_final(), newer});
    auto other = of_study(tests::disputed_draft(), "1.2.9", "ACC-9");
    other.study.patient.id = dicom::PatientId("PID-9");
    add({other});
    store_.add({.uid = dicom::StudyUid("1.2.10")}, {});
  }

  void add(const std::vector<reporting::ReportVersion>& versions) {
    const auto& newest = versions.back();
    store_.add({.uid = newest.study.uid,
                .state = reporting::StudyState::drafted,
                .patient = newest.study.patient,
                .accession = newest.study.accession,
                .report_id = newest.report_id,
                .version = newest.number,
                .report_state = newest.state},
               versions);
  }

  HttpResponse ask(const std::string& method, const std::string& path, Query query = {},
                   dicom::HeaderMap headers = {}, const std::string& body = "") {
    return handler_({.method = method,
                     .path = "/fhir/R4" + path,
                     .query = std::move(query),
                     .headers = std::move(headers),
                     .body = body,
                     .base_url = "http://h"});
  }
  HttpResponse get(const std::string& path, Query query = {}, dicom::HeaderMap headers = {}) {
    return ask("GET", path, std::move(query), std::move(headers));
  }
  Json found(const std::string& path, Query query = {}) {
    const HttpResponse response = get(path, std::move(query));
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::parse(response.body);
  }
  /// Ids of the matches of a search, in order.
  std::vector<std::string> ids(const std::string& type, Query query = {}) {
    std::vector<std::string> all;
    const Json bundle = found("/" + type, std::move(query));
    if (bundle.contains("entry"))
      for (const Json& entry : bundle["entry"])
        if (entry["search"]["mode"] == "match") all.push_back(entry["resource"]["id"]);
    return all;
  }
  /// Refused with that status, as an OperationOutcome that repeats nothing of the request.
  static void expect_refused(const HttpResponse& response, int status,
                             const std::string& secret = "") {
    EXPECT_EQ(response.status, status) << response.body;
    const Json outcome = Json::parse(response.body);
    EXPECT_EQ(outcome.at("resourceType"), "OperationOutcome");
    for (const std::string& word : {std::string("Doe"), std::string("PID-"), secret})
      EXPECT_TRUE(word.empty() || response.body.find(word) == std::string::npos) << word;
  }

  void expect_interaction(const std::string& code, const Json& resource) {
    const std::string type = resource.at("resourceType");
    const std::string path = "/" + type + "/" + resource.at("id").get<std::string>();
    if (code == "read") {
      EXPECT_EQ(found(path), resource) << type;
    } else if (code == "vread") {
      const std::string version = resource["meta"]["versionId"];
      EXPECT_EQ(found(path + "/_history/" + version), resource) << type;
    } else {
      EXPECT_EQ(code, "search-type") << type;
    }
  }
  /// The parameter's value that finds the resource; empty for one that this test does not know.
  static std::string searched_value(const std::string& name, const Json& resource) {
    if (name == "_id") return resource.at("id");
    if (name == "status") return resource.at("status");
    if (name == "patient") return resource.at("subject").at("reference");
    if (name == "identifier") return resource.at("identifier")[0].at("value");
    return "";
  }
  void expect_search(const std::string& name, const Json& resource) {
    const std::string type = resource.at("resourceType"), id = resource.at("id");
    const std::string value = searched_value(name, resource);
    ASSERT_NE(value, "") << type << " claims " << name << ", which this test does not know";
    EXPECT_THAT(ids(type, {{name, value}}), testing::Contains(id)) << type << " " << name;
    EXPECT_THAT(ids(type, {{name, "nonsense"}}), testing::IsEmpty()) << type << " " << name;
    const Json bundle = found("/" + type, {{name, value}});
    EXPECT_THAT(bundle["link"][0]["url"].get<std::string>(), testing::HasSubstr(name + "="));
    for (const Json& entry : bundle["entry"]) EXPECT_EQ(entry["search"]["mode"], "match");
  }

  tests::FakeReportStore store_;
  dicom::HttpHandler handler_ = fhir_handler(store_);
  const std::string signed_ = tests::example_draft().report_id;
  const std::string drafted_ = dicom::uid_from_name("report|1.2.9");
};

}  // namespace tomoscribe::hl7
