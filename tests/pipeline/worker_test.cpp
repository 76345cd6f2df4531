// The job loop against a real queue; what an analysis does is said by each test.

#include "pipeline/worker.h"

#include <atomic>
#include <thread>

#include "tests/pipeline/service_fixture.h"

namespace tomoscribe::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Result = std::variant<AnalysedStudy, Unsuitable>;

class WorkerTest : public ServiceTest {
 protected:
  WorkerTest() { config_.worker.lease_s = 3; }
  void TearDown() override { stop(); }

  void start(Analyse analyse) {
    worker_ = std::make_unique<Worker>(config_, dsn(), blobs(), std::move(analyse), log());
    thread_ = std::jthread([this](const std::stop_token& stop) { worker_->run(stop); });
  }
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string state() const { return value("SELECT state FROM study"); }
  bool reaches(const std::string& wanted) const {
    return eventually([&] { return state() == wanted; });
  }
  static void wait_until_analysing(const std::atomic<int>& begun) {
    ASSERT_TRUE(eventually([&] { return begun > 0; }));
  }

 private:
  Config config_;
  std::unique_ptr<Worker> worker_;
  std::jthread thread_;
};

Result wait_for_stop(const AnalysisContext& context, std::atomic<int>& begun) {
  ++begun;
  while (!context.stop.stop_requested()) std::this_thread::sleep_for(5ms);
  throw Cancelled();
}

TEST_F(WorkerTest, ADraftAndItsPicturesAreStored) {
  recorded();
  start([&](const StudyFiles& study, const AnalysisContext&, const Progress& progress) -> Result {
    EXPECT_EQ(study.files.size(), 1U);
    EXPECT_TRUE(std::filesystem::exists(study.files.at(0)));
    progress("measuring", 0.5);
    return AnalysedStudy{.version = draft_of("1.2.3"), .blobs = {{"key-1.png", "png"}}};
  });
  ASSERT_TRUE(reaches("drafted"));
  EXPECT_TRUE(blobs().has(dicom::sha256(std::string_view("png"))));
  EXPECT_EQ(value("SELECT state || attempt FROM job"), "done1");
  EXPECT_EQ(value("SELECT count(*) FROM report_version WHERE state = 'draft'"), "1");
}

TEST_F(WorkerTest, WhatCannotBeReadIsSaidInTheSentenceOfTheAnalysis) {
  recorded();
  start([](const StudyFiles&, const AnalysisContext&, const Progress&) -> Result {
    return Unsuitable{"gap of 5.0 mm after slice 16"};
  });
  ASSERT_TRUE(reaches("unsuitable"));
  EXPECT_EQ(value("SELECT reason FROM study"), "gap of 5.0 mm after slice 16");
  EXPECT_EQ(value("SELECT state || attempt FROM job"), "done1");
}

class WorkerWithAnEarlierStudy : public WorkerTest {
 protected:
  /// A drafted chest of a year before, and a study that waits.
  void hold_both() const {
    recorded("1.2.2");
    db::JobQueue queue(dsn(), "setup");
    queue.make_due();
    auto version = draft_of("1.2.2");
    version.study.body_part = "chest";
    queue.finish(*queue.claim(), version);
    sql("UPDATE study SET study_date = '20250101'");
    recorded("1.2.3");
    sql("UPDATE study SET study_date = '20260101' WHERE uid = '1.2.3'");
  }
  bool is_drafted() const {
    return eventually(
        [&] { return value("SELECT state FROM study WHERE uid = '1.2.3'") == "drafted"; });
  }
};

TEST_F(WorkerWithAnEarlierStudy, ItIsComparedWith) {
  hold_both();
  std::atomic<int> compared = 0;
  start([&](const StudyFiles&, const AnalysisContext& context, const Progress&) -> Result {
    if (context.earlier && context.earlier->files.size() == 1 && context.earlier_report &&
        context.earlier_report->study.uid.str() == "1.2.2")
      ++compared;
    return AnalysedStudy{.version = draft_of("1.2.3"), .blobs = {}};
  });
  ASSERT_TRUE(is_drafted());
  EXPECT_EQ(compared, 1);
}

TEST_F(WorkerWithAnEarlierStudy, OneThatCannotBeUsedKeepsNoReportFromBeingMade) {
  hold_both();
  start([&](const StudyFiles&, const AnalysisContext& context, const Progress&) -> Result {
    if (context.earlier) return Unsuitable{"one of the studies has no date"};
    EXPECT_THAT(context.not_compared,
                testing::ElementsAre("the study of 2025-01-01: one of the studies has no date"));
    return AnalysedStudy{.version = draft_of("1.2.3"), .blobs = {}};
  });
  EXPECT_TRUE(is_drafted());
}

TEST_F(WorkerTest, AFaultIsTriedAgainAndThenFailsWithItsReason) {
  recorded();
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext&, const Progress&) -> Result {
    ++begun;
    throw std::runtime_error("ZZNAMEZZ");
  });
  ASSERT_TRUE(eventually([&] {
    sql("UPDATE job SET run_after = now() WHERE state = 'ready'");  // its back-off is 5 and 10 s
    return state() == "failed";
  }));
  EXPECT_EQ(begun, 3);
  EXPECT_EQ(value("SELECT reason FROM study"), "unexpected std::runtime_error");
  EXPECT_EQ(value("SELECT state FROM job"), "dead");
  EXPECT_THAT(logged(), Not(HasSubstr("ZZNAMEZZ")));
}

TEST_F(WorkerTest, AfterAFaultTheNextAttemptWaits) {
  recorded();
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext&, const Progress&) -> Result {
    ++begun;
    throw std::bad_alloc();
  });
  ASSERT_TRUE(eventually([&] { return value("SELECT state FROM job") == "ready" && begun == 1; }));
  EXPECT_EQ(state(), "queued");
  EXPECT_EQ(value("SELECT run_after > now() FROM job"), "t");
}

TEST_F(WorkerTest, StoppingGivesTheJobBackWithoutCostingAnAttempt) {
  recorded();
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext& context, const Progress&) -> Result {
    return wait_for_stop(context, begun);
  });
  wait_until_analysing(begun);
  stop();
  EXPECT_EQ(state(), "queued");
  EXPECT_EQ(value("SELECT state FROM job"), "ready");
  EXPECT_EQ(value("SELECT attempt_limit - attempt FROM job"), "3");
}

TEST_F(WorkerTest, TheHeartbeatKeepsTheLeaseOfALongAnalysis) {
  recorded();
  std::atomic<bool> end = false;
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext&, const Progress& progress) -> Result {
    ++begun;
    progress("measuring lungs", 0.4);
    while (!end) std::this_thread::sleep_for(5ms);
    return AnalysedStudy{.version = draft_of("1.2.3"), .blobs = {}};
  });
  wait_until_analysing(begun);
  EXPECT_TRUE(eventually([&] { return value("SELECT stage FROM study") == "measuring lungs"; }));
  db::JobQueue other(dsn(), "other");
  const auto until = std::chrono::steady_clock::now() + 5s;  // the lease is 3 s
  while (std::chrono::steady_clock::now() < until) ASSERT_FALSE(other.claim());
  end = true;
  ASSERT_TRUE(reaches("drafted"));
  EXPECT_EQ(value("SELECT attempt FROM job"), "1");
}

TEST_F(WorkerTest, AJobThatAnotherWorkerHasIsLeftAlone) {
  recorded();
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext& context, const Progress&) -> Result {
    return wait_for_stop(context, begun);
  });
  wait_until_analysing(begun);
  sql("UPDATE job SET attempt = attempt + 1, worker = 'other', lease_until = now() + interval '1 "
      "hour'");
  ASSERT_TRUE(
      eventually([&] { return logged().find("job lost to another worker") != std::string::npos; }));
  EXPECT_EQ(value("SELECT worker || state FROM job"), "otherrunning");
  EXPECT_THAT(logged(), Not(HasSubstr("queue not available")));
}

TEST_F(WorkerTest, AnOrderForAnotherPatientIsNotMixedWithTheImages) {
  recorded();
  reporting::Order order = *tests::example_draft().order;
  order.patient.id = dicom::PatientId("SOMEBODY-ELSE");
  db::OrderRecords(dsn()).store(order, "NW", "RIS", "M1", "ack");
  std::atomic<int> begun = 0;
  start([&](const StudyFiles&, const AnalysisContext&, const Progress&) -> Result {
    ++begun;
    return Unsuitable{"analysed"};
  });
  ASSERT_TRUE(reaches("unsuitable"));
  EXPECT_EQ(value("SELECT reason FROM study"),
            "the order for this study names another patient than its images: reconcile them first");
  EXPECT_EQ(begun, 0);
}

TEST_F(WorkerTest, OutlivesTheDatabasesAbsence) {
  start([&](const StudyFiles&, const AnalysisContext&, const Progress&) -> Result {
    return Unsuitable{"analysed"};
  });
  test_cluster().stop();
  ASSERT_TRUE(
      eventually([&] { return logged().find("queue not available") != std::string::npos; }));
  test_cluster().start();
  recorded();
  EXPECT_TRUE(reaches("unsuitable"));
}

}  // namespace
}  // namespace tomoscribe::pipeline
