// FHIR searches: what is asked is found, what is not understood is said.

#include <map>

#include "tests/hl7/fhir_server_fixture.h"

namespace tomoscribe::hl7 {
namespace {

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
  EXPECT_EQ(bundle.at("total"), ids("Observation").size());
  EXPECT_EQ(found("/DiagnosticReport", {{"_count", "0"}, {"status", "final"}}).at("total"), 1);
  for (const char* bad : {"-1", "x", "", "1x", "99999999999999999999"})
    expect_refused(get("/Observation", {{"_count", bad}}), 400);
}

TEST_F(FhirServer, GivesTheTotalOnceItIsKnown) {
  EXPECT_EQ(found("/DiagnosticReport").at("total"), 2);
  EXPECT_EQ(found("/DiagnosticReport", {{"colour", "blue"}}).at("total"), 2);
  EXPECT_EQ(found("/DiagnosticReport", {{"_id", "none"}}).at("total"), 0);
  EXPECT_FALSE(found("/DiagnosticReport", {{"_count", "1"}}).contains("total"));
  EXPECT_EQ(found("/DiagnosticReport", {{"_count", "1"}, {"_offset", "1"}}).at("total"), 2);
}

TEST_F(FhirServer, TakesRepeatedParametersForAllOfThem) {
  EXPECT_THAT(ids("DiagnosticReport", {{"status", "final"}, {"status", "preliminary"}}),
              testing::IsEmpty());
  EXPECT_EQ(ids("DiagnosticReport", {{"status", "final,preliminary"}, {"status", "final"}}),
            std::vector{signed_});
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "ACC-9"}, {"identifier", "1.2.9"}}),
            std::vector{drafted_});
  EXPECT_THAT(ids("DiagnosticReport", {{"identifier", "ACC-9"}, {"identifier", "1.2.3"}}),
              testing::IsEmpty());
  const Json bundle = found("/DiagnosticReport", {{"status", "final"}, {"status", "final"}});
  EXPECT_THAT(bundle["link"][0]["url"].get<std::string>(),
              testing::EndsWith("&status=final&status=final"));
  EXPECT_EQ(bundle["entry"].size(), 1U);  // nothing was ignored
}

TEST_F(FhirServer, HonoursTheSystemOfAToken) {
  EXPECT_EQ(ids("DiagnosticReport", {{"identifier", "urn:dicom:uid|"}}),
            (std::vector{signed_, drafted_}));
  EXPECT_THAT(ids("DiagnosticReport", {{"identifier", "urn:elsewhere|"}}), testing::IsEmpty());
  EXPECT_THAT(ids("DiagnosticReport", {{"identifier", "|"}}), testing::IsEmpty());
  const std::map<std::string, std::string> systems{{"DiagnosticReport", "diagnostic-report-status"},
                                                   {"Observation", "observation-status"},
                                                   {"ImagingStudy", "imagingstudy-status"},
                                                   {"ServiceRequest", "request-status"}};
  for (const auto& [type, name] : systems) {
    const std::string system = "http://hl7.org/fhir/" + name;
    const std::string status = found("/" + type)["entry"][0]["resource"]["status"];
    EXPECT_EQ(ids(type, {{"status", system + "|" + status}}), ids(type, {{"status", status}}));
    EXPECT_EQ(ids(type, {{"status", system + "|"}}), ids(type));
    EXPECT_THAT(ids(type, {{"status", "http://hl7.org/fhir/event-status|" + status}}),
                testing::IsEmpty());
    EXPECT_THAT(ids(type, {{"status", system + "|nonsense"}}), testing::IsEmpty());
  }
}

TEST_F(FhirServer, RefusesAModifierThatItDoesNotKnowHoweverLenientTheClient) {
  for (const char* name : {"status:not", "identifier:of-type", "patient.identifier", "_id:missing",
                           "patient:Patient.identifier", "_count:x"})
    expect_refused(get("/DiagnosticReport", {{name, "final"}}), 400);
  EXPECT_EQ(get("/DiagnosticReport", {{"colour:not", "blue"}}).status, 200);
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
  for (const char* odd : {"%", "%4", "%zz", "&&&", "=", "a"})
    EXPECT_EQ(post(odd, "application/x-www-form-urlencoded").status, 200) << odd;
  for (const char* no_text : {"identifier=%ff", "identifier=%00", "%ff=1"})  // no database holds it
    expect_refused(post(no_text, "application/x-www-form-urlencoded"), 400);
  expect_refused(post("identifier=ACC-9", "application/json"), 415);
  const HttpResponse by_get = get("/DiagnosticReport/_search");
  expect_refused(by_get, 405);
  EXPECT_EQ(by_get.headers.at("Allow"), "POST");
}

}  // namespace
}  // namespace tomoscribe::hl7
