// The page's calls over a store in memory (named a fake); the real one has its tests in tests/db.

#include "reporting/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reporting/edit.h"
#include "tests/support/example_report.h"
#include "tests/support/fake_report_store.h"

namespace tomoscribe::reporting {
namespace {

using Json = nlohmann::json;

class ReviewTest : public testing::Test {
 protected:
  ReviewTest() {
    StudyRow row{.uid = first_.study.uid, .state = StudyState::drafted};
    row.report_id = first_.report_id;
    row.version = 1;
    row.report_state = first_.state;
    store_.add(row, {first_});
  }
  dicom::HttpResponse post(const std::string& call, Json body, const std::string& user = "") {
    body["signer"] = {{"id", "somebody"}, {"name", {{"family", "Reader"}}}};
    dicom::HttpRequest request{.method = "POST",
                               .path = "/api/reports/" + first_.report_id + "/" + call,
                               .headers = {{"Content-Type", "application/json"}},
                               .body = body.dump()};
    request.user = user;
    request.user_name = account_;
    return handler_(request);
  }
  Json study() {
    return Json::parse(handler_({.method = "GET",
                                 .path = "/api/studies/" + first_.study.uid.str(),
                                 .user_name = account_})
                           .body);
  }
  /// What a worker does when slices come late.
  void software_drafts(int number) {
    ReportVersion draft = first_;
    draft.number = number;
    draft.predecessor = number - 1;
    store_.append(draft, "worker");
  }
  static Json sentence(const std::string& text) {
    return {{{"section", "findings"}, {"text", text}}};
  }

  std::string account_;
  ReportVersion first_ = tests::example_draft();
  tests::FakeReportStore store_;
  dicom::HttpHandler handler_ = review_handler(store_, "/nowhere", [] { return Moment{}; });
};

TEST_F(ReviewTest, OnlyTheNewestVersionIsChanged) {
  EXPECT_EQ(post("edit", {{"base", 1}, {"edits", sentence("Mine.")}}).status, 201);
  const auto late = post("edit", {{"base", 1}, {"edits", sentence("Later.")}});
  EXPECT_EQ(late.status, 412);
  EXPECT_EQ(Json::parse(late.body)["newest"], 2);
}

TEST_F(ReviewTest, APersonsVersionStaysBeforeADraftThatSoftwareMadeLater) {
  ASSERT_EQ(post("edit", {{"base", 1}, {"edits", sentence("Mine.")}}).status, 201);
  software_drafts(3);
  EXPECT_EQ(study()["report"]["number"], 3);
  EXPECT_EQ(study()["person"]["number"], 2);
  const auto made = post("sign", {{"base", 2}, {"edits", Json::array()}});
  ASSERT_EQ(made.status, 201);
  const Json report = Json::parse(made.body)["report"];
  EXPECT_EQ(report["number"], 4);
  EXPECT_EQ(report["predecessor"], 2);
  EXPECT_THAT(report.dump(), testing::HasSubstr("Mine."));
  EXPECT_FALSE(study().contains("person"));
}

TEST_F(ReviewTest, TheAccountThatSignedInIsTheSigners) {
  const auto made = post("sign", {{"base", 1}, {"edits", Json::array()}}, "rosa");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(Json::parse(made.body)["report"]["signature"]["signer"]["id"], "rosa");
}

TEST_F(ReviewTest, AReportThatSaysNothingIsNotSigned) {
  Json edits = Json::array();
  for (const Statement& statement : first_.statements)
    edits.push_back({{"statement", statement.id}, {"text", ""}});
  EXPECT_EQ(post("sign", {{"base", 1}, {"edits", edits}}).status, 400);
  EXPECT_EQ(post("edit", {{"base", 1}, {"edits", sentence(" \n\t ")}}).status, 400);
}

TEST_F(ReviewTest, AnAccountWithANameSignsUnderIt) {
  account_ = "Reader^Rosa^^Dr.";
  EXPECT_EQ(study()["account"]["family"], "Reader");
  const auto made = post("sign", {{"base", 1}, {"edits", Json::array()}}, "rosa");
  const Json signer = Json::parse(made.body)["report"]["signature"]["signer"];
  EXPECT_EQ(signer["name"]["given"], "Rosa");
}

}  // namespace
}  // namespace tomoscribe::reporting
