// The FHIR face: against a golden file, the validator, the state table and the graph's promises.

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "hl7/fhir.h"
#include "tests/support/example_proposals.h"
#include "tests/support/example_report.h"
#include "tests/support/golden.h"
#include "tests/support/validators.h"

namespace tomoscribe::hl7 {
namespace {

using Json = nlohmann::json;

constexpr const char* base = "http://127.0.0.1:8080/fhir/R4";

std::string bundle(const reporting::ReportVersion& version) {
  return to_fhir_bundle(version, base);
}

std::vector<Json> resources(const reporting::ReportVersion& version, const std::string& type) {
  std::vector<Json> found;
  const Json whole = Json::parse(bundle(version));
  for (const Json& entry : whole.at("entry"))
    if (entry.at("resource").at("resourceType") == type) found.push_back(entry.at("resource"));
  return found;
}

bool is_labelled_ai(const Json& resource) {
  return resource.at("meta").contains("security") &&
         resource["meta"]["security"][0]["code"] == "AIAST";
}

/// The attachment's bytes: FHIR carries the HTML face as base64.
std::string decoded(const std::string& base64) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned word = 0;
  int bits = 0;
  for (const char c : base64) {
    if (c == '=') break;
    word = (word << 6U) | static_cast<unsigned>(digits.find(c));
    bits += 6;
    if (bits >= 8)
      bytes.push_back(static_cast<char>((word >> static_cast<unsigned>(bits -= 8)) & 255U));
  }
  return bytes;
}

void collect_references(const Json& json, std::set<std::string>& named) {
  if (json.is_object() && json.contains("reference") && json["reference"].is_string())
    named.insert(json["reference"].get<std::string>());
  if (json.is_structured())
    for (const Json& child : json) collect_references(child, named);
}

TEST(FhirBundle, IsTheGoldenOne) {
  tests::expect_golden("final.fhir.json", bundle(tests::example_final()));
}

TEST(FhirBundle, CarriesTheStatusOfEachStateAndLabelsWhatNobodySigned) {
  const std::map<std::string, std::pair<std::string, std::string>> expected{
      {"draft", {"preliminary", "preliminary"}},
      {"preliminary", {"preliminary", "preliminary"}},
      {"final", {"final", "final"}},
      {"corrected", {"corrected", "corrected"}},
      {"appended", {"appended", "amended"}},
      {"withdrawn", {"entered-in-error", "entered-in-error"}}};
  for (const auto& [state, version] : tests::example_versions()) {
    const Json report = resources(version, "DiagnosticReport").at(0);
    EXPECT_EQ(report.at("status"), expected.at(state).first) << state;
    EXPECT_EQ(is_labelled_ai(report), !reporting::is_signed(version.state)) << state;
    EXPECT_EQ(report.contains("resultsInterpreter"), reporting::is_signed(version.state)) << state;
    for (const Json& observation : resources(version, "Observation")) {
      EXPECT_EQ(observation.at("status"), expected.at(state).second) << state;
      EXPECT_EQ(is_labelled_ai(observation), !reporting::is_signed(version.state)) << state;
    }
    const Json provenance = resources(version, "Provenance").at(0);
    EXPECT_EQ(provenance["reason"][0]["coding"][0]["code"], "AIAST") << state;  // for ever
    EXPECT_EQ(provenance.contains("signature"), reporting::is_signed(version.state)) << state;
  }
}

TEST(FhirBundle, KeepsContradictedStatementsAndFindingsInside) {
  const auto version = tests::disputed_draft();
  const Json report = resources(version, "DiagnosticReport").at(0);
  const std::string html = decoded(report.at("presentedForm")[0].at("data"));
  EXPECT_THAT(html, testing::HasSubstr("pulmonary embolism"));
  for (const std::string& text : {bundle(version), html}) {
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("wrong")));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("4711")));
  }
}

TEST(FhirBundle, SaysWhatAModelProposed) {
  const auto version = tests::proposed_draft();
  const Json report = resources(version, "DiagnosticReport").at(0);
  const std::string html = decoded(report.at("presentedForm")[0].at("data"));
  EXPECT_THAT(html, testing::HasSubstr(
                        "AI, unverified: Nodule, right upper lobe: present. A solid nodule"));
  EXPECT_THAT(
      report["text"]["div"],
      testing::HasSubstr("[U] AI, unverified: Nodule, right upper lobe: present. A solid nodule"));
  EXPECT_THAT(
      report["conclusion"],
      testing::HasSubstr("AI, unverified: Suggested diagnosis: lung cancer. The nodule should be"));
  for (const std::string& text : {bundle(version), html})
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("wrong right side")));
  std::map<std::string, std::string> notes;
  for (const Json& observation : resources(version, "Observation"))
    if (observation.contains("note"))
      notes[observation["code"]["coding"][0]["display"]] = observation["note"][0]["text"];
  EXPECT_THAT(notes.at("Malignant tumor of lung"),
              testing::StartsWith("Proposed by AI. Verification: unverified"));
  EXPECT_EQ(notes.count("Pleural effusion"), 0U);
}

TEST(FhirBundle, SaysWhetherAFindIsThere) {
  std::map<std::string, std::string> presence;
  for (const Json& observation : resources(tests::disputed_draft(), "Observation")) {
    const std::string code = observation["code"]["coding"][0]["code"];
    presence[code] = observation.contains("valueCodeableConcept")
                         ? observation["valueCodeableConcept"]["coding"][0]["code"]
                         : Json(observation.contains("dataAbsentReason") ? "absent" : "?");
  }
  EXPECT_EQ(presence["36118008"], "272519000");  // pneumothorax: absent
  EXPECT_EQ(presence["59282003"], "52101004");   // embolism: present
  EXPECT_EQ(presence["27925004"], "absent");     // nodules: not looked for
}

TEST(FhirBundle, MarksALowerBound) {
  int marked = 0;
  for (const Json& observation : resources(tests::disputed_draft(), "Observation"))
    if (observation.contains("valueQuantity") &&
        observation["valueQuantity"].contains("comparator"))
      marked += observation["valueQuantity"]["value"] == 2431 ? 1 : 100;
  EXPECT_EQ(marked, 1);
}

TEST(FhirBundle, EveryReferenceIsInTheBundle) {
  for (const auto& [state, version] : tests::example_versions()) {
    const Json whole = Json::parse(bundle(version));
    std::set<std::string> held, named;
    for (const Json& entry : whole.at("entry"))
      held.insert(entry["fullUrl"].get<std::string>().substr(std::string(base).size() + 1));
    collect_references(whole, named);
    for (const std::string& reference : named) EXPECT_TRUE(held.contains(reference)) << reference;
  }
}

TEST(FhirBundle, IsPure) {
  EXPECT_EQ(bundle(tests::example_draft()), bundle(tests::example_draft()));
}

TEST(FhirBundle, PassesTheValidator) {
  if (!tests::validators_ready()) GTEST_SKIP() << "node or its packages missing";
  std::map<std::string, std::string> texts;
  for (const auto& [state, version] : tests::example_versions())
    texts[state + ".json"] = bundle(version);
  auto bare = tests::example_draft();
  bare.order.reset();
  bare.study.patient = {.id = dicom::PatientId("P1")};
  bare.study.accession = {};
  bare.study.procedure = {};
  bare.study.started.reset();
  bare.study.series.clear();
  texts["bare.json"] = bundle(bare);
  texts["disputed.json"] = bundle(tests::disputed_draft());
  texts["proposed.json"] = bundle(tests::proposed_draft());
  texts["hostile.json"] = bundle(tests::hostile_draft());
  tests::expect_valid("validate-fhir.mjs", texts);
}

}  // namespace
}  // namespace tomoscribe::hl7
