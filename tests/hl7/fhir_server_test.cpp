// The FHIR server over a fake store: what its CapabilityStatement claims works, what it does not
// claim is refused.

#include "tests/hl7/fhir_server_fixture.h"
#include "tests/support/validators.h"

namespace tomoscribe::hl7 {
namespace {

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

TEST_F(FhirServer, ComparesEntityTagsWeaklyAndInLists) {
  const std::string path = "/DiagnosticReport/" + signed_;
  for (const char* tags : {"*", "\"2\"", R"(W/"1", W/"2")", R"("a,b","2")", " W/\"2\" "})
    EXPECT_EQ(get(path, {}, {{"If-None-Match", tags}}).status, 304) << tags;
  for (const char* tags : {"2", "W/2", R"("1", "3")", "\"1,2\"", "\"2", "", ",", "\"\""})
    EXPECT_EQ(get(path, {}, {{"If-None-Match", tags}}).status, 200) << tags;
}

TEST_F(FhirServer, TagsWhatReportsShareByItsContent) {
  const std::string patient = "/Patient/" + ids("Patient")[0];
  const std::string before = get(patient).headers.at("ETag");
  EXPECT_THAT(before, testing::MatchesRegex("W/\"[^\"]+\""));
  EXPECT_EQ(get(patient, {}, {{"If-None-Match", before}}).status, 304);
  auto renamed = tests::example_final();  // of the same number
  renamed.study.patient.name.family = "Newname";
  tests::FakeReportStore later;
  later.add({.uid = renamed.study.uid, .version = renamed.number}, {renamed});
  const HttpResponse after = fhir_handler(later)(
      {.method = "GET", .path = "/fhir/R4" + patient, .headers = {{"If-None-Match", before}}});
  EXPECT_EQ(after.status, 200);
  EXPECT_THAT(after.body, testing::HasSubstr("Newname"));
  EXPECT_NE(after.headers.at("ETag"), before);
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
