// The FHIR server over a fake store: what its CapabilityStatement claims works, what it does not
// claim is refused.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "hl7/fhir.h"
#include "tests/support/example_report.h"
#include "tests/support/fake_report_store.h"
#include "tests/support/validators.h"

namespace tomoscribe::hl7 {
namespace {

using dicom::HttpRequest;
using dicom::HttpResponse;
using Json = nlohmann::json;
using Query = std::vector<std::pair<std::string, std::string>>;

reporting::ReportVersion of_study(reporting::ReportVersion version, const std::string& uid,
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

TEST_F(FhirServer, DoesAllThatItsCapabilityStatementClaims) {
  const Json statement = found("/metadata");
  EXPECT_EQ(statement.at("fhirVersion"), "4.0.1");
  EXPECT_EQ(statement["implementation"]["url"], "http://h/fhir/R4");
  std::size_t types = 0;
  for (const Json& resource : statement.at("rest")[0].at("resource")) {
    const std::string type = resource.at("type");
    ++types;
    const Json all = found("/" + type);
    ASSERT_TRUE(all.contains("entry")) << type;
    const Json first = all["entry"][0]["resource"];
    ASSERT_EQ(first.at("resourceType"), type);
    for (const Json& interaction : resource.at("interaction"))
      expect_interaction(interaction.at("code"), first);
    for (const Json& parameter : resource.at("searchParam"))
      expect_search(parameter.at("name"), first);
  }
  EXPECT_GE(types, 5U);
}

TEST_F(FhirServer, DoesNotClaimWhatItRefuses) {
  const Json statement = found("/metadata");
  for (const Json& resource : statement["rest"][0]["resource"]) {
    const std::string type = resource["type"];
    const std::string id = found("/" + type)["entry"][0]["resource"]["id"];
    bool claims_vread = false;
    for (const Json& interaction : resource["interaction"])
      claims_vread = claims_vread || interaction["code"] == "vread";
    if (!claims_vread) expect_refused(get("/" + type + "/" + id + "/_history/1"), 404);
    expect_refused(get("/" + type + "/" + id + "/_history"), 404);
  }
}

TEST_F(FhirServer, ShowsTheSignedVersionThoughADraftIsNewer) {
  EXPECT_EQ(found("/DiagnosticReport/" + signed_).at("status"), "final");
  EXPECT_EQ(found("/DiagnosticReport/" + drafted_).at("status"), "preliminary");
  EXPECT_EQ(ids("DiagnosticReport"), (std::vector{signed_, drafted_}));
  EXPECT_EQ(found("/DiagnosticReport/" + signed_ + "/_history/3").at("status"), "preliminary");
  EXPECT_EQ(found("/DiagnosticReport/" + signed_ + "/_history/1").at("status"), "preliminary");
}

TEST_F(FhirServer, FindsReportsByStudyPatientAndStatus) {
  const std::vector first{signed_}, second{drafted_}, none{std::string()};
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "ACC-7"}}), first);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "ACC-9"}}), second);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "urn:dicom:uid|urn:oid:1.2.9"}}), second);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "urn:oid:1.2.3"}}), first);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "1.2.3"}}), first);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "|ACC-7"}}), first);
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "ACC-7,ACC-9"}}),
            (std::vector{signed_, drafted_}));
  EXPECT_THAT(ids("DiagnosticReport", {{"identifier", "urn:dicom:uid|ACC-7"}}), testing::IsEmpty());
  EXPECT_EQ(ids("DiagnosticReport", {{"status", "final"}}), first);
  EXPECT_EQ(ids("DiagnosticReport", {{"status", "preliminary"}}), second);
  EXPECT_EQ(ids("DiagnosticReport", {{"status", "final,preliminary"}}),
            (std::vector{signed_, drafted_}));
  EXPECT_THAT(ids("DiagnosticReport", {{"status", "final"}, {"identifier", "ACC-9"}}),
              testing::IsEmpty());
  EXPECT_EQ(ids("ImagingStudy", {{"identifier", "ACC-9"}}), std::vector<std::string>{"1.2.9"});
  const auto patients = ids("Patient", {{"identifier", "PID-9"}});
  ASSERT_EQ(patients.size(), 1U);
  EXPECT_EQ(ids("DiagnosticReport", {{"patient", patients[0]}}), second);
  EXPECT_EQ(ids("DiagnosticReport", {{"patient", "Patient/" + patients[0]}}), second);
  EXPECT_EQ(ids("DiagnosticReport", {{"patient", "http://h/fhir/R4/Patient/" + patients[0]}}),
            second);
  EXPECT_EQ(ids("ServiceRequest", {{"identifier", "PL-ACC-9"}}).size(), 1U);
  EXPECT_THAT(ids("Observation", {{"identifier", "ACC-7"}}), testing::SizeIs(7));
}

TEST_F(FhirServer, PagesWithoutLosingOrRepeating) {
  const auto all = ids("Observation");
  ASSERT_GT(all.size(), 10U);
  std::vector<std::string> paged;
  Query query{{"_count", "4"}};
  for (std::size_t page = 0; page < all.size(); ++page) {
    const Json bundle = found("/Observation", query);
    EXPECT_LE(bundle["entry"].size(), 4U);
    for (const Json& entry : bundle["entry"]) paged.push_back(entry["resource"]["id"]);
    query.clear();
    for (const Json& link : bundle["link"])
      if (link["relation"] == "next") {
        const std::string url = link["url"];
        EXPECT_THAT(url, testing::StartsWith("http://h/fhir/R4/Observation?_count=4"));
        query = {{"_count", "4"}, {"_offset", url.substr(url.find("_offset=") + 8)}};
      }
    if (query.empty()) break;
  }
  EXPECT_EQ(paged, all);
}

TEST_F(FhirServer, CountsNothingWhenNothingIsWanted) {
  const Json bundle = found("/Observation", {{"_count", "0"}});
  EXPECT_FALSE(bundle.contains("entry"));
  EXPECT_EQ(bundle["link"].size(), 1U);  // a "next" would never end
  for (const char* bad : {"-1", "x", "", "1x", "99999999999999999999"})
    expect_refused(get("/Observation", {{"_count", bad}}), 400);
}

TEST_F(FhirServer, SaysThatItIgnoredAParameterOrRefusesUnderStrictHandling) {
  const Json bundle = found("/DiagnosticReport", {{"colour", "secret-blue"}});
  EXPECT_EQ(bundle["entry"].back()["search"]["mode"], "outcome");
  EXPECT_EQ(bundle["entry"].back()["resource"]["resourceType"], "OperationOutcome");
  EXPECT_EQ(bundle["entry"].size(), 3U);
  EXPECT_THAT(bundle.dump(), testing::Not(testing::HasSubstr("secret-blue")));
  expect_refused(
      get("/DiagnosticReport", {{"colour", "secret-blue"}}, {{"Prefer", "handling=strict"}}), 400,
      "secret-blue");
  expect_refused(
      get("/DiagnosticReport", {{"status:not", "final"}}, {{"Prefer", "handling=strict"}}), 400);
}

TEST_F(FhirServer, SearchesByPostedForm) {
  const auto post = [&](const std::string& body, const std::string& type) {
    return ask("POST", "/DiagnosticReport/_search", {}, {{"Content-Type", type}}, body);
  };
  const HttpResponse response =
      post("identifier=ACC%2D9&_count=5", "application/x-www-form-urlencoded");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(Json::parse(response.body)["entry"][0]["resource"]["id"], drafted_);
  for (const char* odd : {"%", "%4", "%zz", "&&&", "=", "a", "identifier=%00%ff"})
    EXPECT_EQ(post(odd, "application/x-www-form-urlencoded").status, 200) << odd;
  expect_refused(post("identifier=ACC-9", "application/json"), 415);
  const HttpResponse by_get = get("/DiagnosticReport/_search");
  expect_refused(by_get, 405);
  EXPECT_EQ(by_get.headers.at("Allow"), "POST");
}

TEST_F(FhirServer, ChangesNothing) {
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    for (const std::string& path : {std::string("/DiagnosticReport"),
                                    "/DiagnosticReport/" + signed_, std::string("/metadata")}) {
      const HttpResponse response =
          ask(method, path, {}, {{"Content-Type", "application/fhir+json"}}, "{}");
      expect_refused(response, 405);
      EXPECT_EQ(response.headers.at("Allow"), "GET, HEAD");
    }
  }
}

TEST_F(FhirServer, AnswersHeadAsGet) {
  const std::string path = "/DiagnosticReport/" + signed_;
  const HttpResponse head = ask("HEAD", path), full = get(path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers, full.headers);
  EXPECT_EQ(ask("HEAD", "/DiagnosticReport/none").status, 404);
}

TEST_F(FhirServer, GivesAnEtagAndAnswersNotModified) {
  const std::string path = "/DiagnosticReport/" + signed_;
  EXPECT_EQ(get(path).headers.at("ETag"), "W/\"2\"");
  const HttpResponse same = get(path, {}, {{"If-None-Match", "W/\"2\""}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(get(path, {}, {{"If-None-Match", "W/\"1\""}}).status, 200);
}

TEST_F(FhirServer, ServesJsonOnly) {
  for (const char* accept : {"application/fhir+json", "application/json", "*/*", ""})
    EXPECT_EQ(get("/metadata", {}, {{"Accept", accept}}).status, 200) << accept;
  EXPECT_EQ(get("/metadata", {{"_format", "json"}}).status, 200);
  expect_refused(get("/metadata", {}, {{"Accept", "application/fhir+xml"}}), 406);
  expect_refused(get("/metadata", {{"_format", "xml"}}), 406);
  EXPECT_THAT(get("/metadata").headers.at("Content-Type"),
              testing::StartsWith("application/fhir+json"));
}

TEST_F(FhirServer, RefusesWhatIsNotServed) {
  for (const char* path :
       {"", "/", "/Medication", "/Medication/1", "/diagnosticreport", "/DiagnosticReport/a/b",
        "/metadata/x", "/DiagnosticReport/a/_history/1/2"})
    expect_refused(get(path), 404);
  HttpRequest outside{.method = "GET", .path = "/elsewhere"};
  EXPECT_EQ(handler_(outside).status, 404);
}

TEST_F(FhirServer, BearsHostileIds) {
  const std::vector<std::string> hostile{"none",
                                         "1.2.99",
                                         "'; DROP TABLE report_version; --",
                                         "<script>alert(1)</script>",
                                         "..",
                                         "%2e%2e",
                                         std::string(5000, 'x'),
                                         std::string("a\0b", 3),
                                         "\xff\xfe",
                                         "-f1",
                                         "-f",
                                         signed_ + "-f99",
                                         signed_ + "-",
                                         "山田太郎"};
  const Json statement = found("/metadata");
  for (const Json& resource : statement["rest"][0]["resource"])
    for (const std::string& id : hostile) {
      const std::string type = resource["type"];
      expect_refused(get("/" + type + "/" + id), 404, id.size() > 4 ? id : "");
      EXPECT_THAT(ids(type, {{"_id", id}}), testing::IsEmpty());
      if (type != "Patient" && type != "DiagnosticReport") continue;
      EXPECT_THAT(ids(type, {{"identifier", id}}), testing::IsEmpty());
    }
  for (const char* number : {"0", "-1", "99", "x", "1x", "99999999999999999999"})
    expect_refused(get("/DiagnosticReport/" + signed_ + "/_history/" + number), 404);
}

TEST_F(FhirServer, AnswersPassTheValidator) {
  if (!tests::validators_ready()) GTEST_SKIP() << "node or its packages missing";
  tests::expect_valid(
      "validate-fhir.mjs",
      {{"metadata.json", get("/metadata").body},
       {"found.json", get("/Observation", {{"_count", "5"}, {"colour", "blue"}}).body},
       {"nothing.json", get("/DiagnosticReport", {{"_id", "none"}}).body},
       {"report.json", get("/DiagnosticReport/" + signed_).body},
       {"outcome.json", get("/DiagnosticReport/none").body}});
}

}  // namespace
}  // namespace tomoscribe::hl7
