// Signed reports to real receivers: our MLLP listener as a RIS, DCMTK's storescp as a PACS.

#include "pipeline/deliveries.h"

#include <mutex>

#include "hl7/message.h"
#include "hl7/mllp.h"
#include "pipeline/process.h"
#include "tests/pipeline/raw_socket.h"
#include "tests/pipeline/service_fixture.h"

namespace tomoscribe::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A RIS that answers as it is told and keeps what it was sent.
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> codes) : codes_(std::move(codes)) {}
  std::uint16_t port() const { return server_.port(); }
  std::vector<hl7::Message> messages() {
    const std::scoped_lock lock(mutex_);
    return messages_;
  }
  void answer_with(const std::string& code) {
    const std::scoped_lock lock(mutex_);
    codes_ = {code};
  }

 private:
  /// The codes in order, the last one for good; "other": an acknowledgement of another message.
  std::string answer(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    messages_.push_back(hl7::Message::parse(text));
    const std::string code = codes_[std::min(messages_.size(), codes_.size()) - 1];
    const std::string id = code == "other" ? "SOMETHING-ELSE" : messages_.back().control_id();
    return "MSH|^~\\&|RIS|HOSP|TOMOSCRIBE|RAD|20260102||ACK^R01|A1|P|2.5.1\rMSA|" +
           (code == "other" ? "AA" : code) + "|" + id + "\r";
  }
  std::mutex mutex_;
  std::vector<std::string> codes_;
  std::vector<hl7::Message> messages_;
  hl7::MllpServer server_{
      {.port = 0}, [this](std::string_view text, const std::string&) { return answer(text); }};
};

std::uint16_t free_port() {
  return hl7::MllpServer({.port = 0}, [](std::string_view, const std::string&) { return ""; })
      .port();
}

bool listens(std::uint16_t port) {
  try {
    const tests::RawSocket probe(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

class DeliveriesTest : public ServiceTest {
 protected:
  void send_to(std::vector<DestinationConfig> destinations) {
    config_.destinations = std::move(destinations);
    std::vector<db::Destination> rows;
    rows.reserve(config_.destinations.size());
    for (const auto& destination : config_.destinations)
      rows.push_back({destination.name, destination.kind});
    db::IntakeRecords(dsn()).set_destinations(rows);
  }
  static DestinationConfig ris(std::uint16_t port, const std::string& name = "ris") {
    return {.name = name, .kind = "oru", .host = "127.0.0.1", .port = port, .timeout_s = 2};
  }
  void sign(const std::string& study = "1.2.3") {
    recorded(study);
    db::JobQueue queue(dsn(), "worker");
    EXPECT_EQ(queue.make_due(), 1);
    queue.finish(*queue.claim(), draft_of(study));
    store_->append(
        reporting::signed_version(draft_of(study), 2, tests::example_reader(),
                                  reporting::Moment::parse_iso("2026-01-02T11:00:00+01:00"), false),
        "R1");
  }
  void start() {
    deliveries_ = std::make_unique<Deliveries>(config_, dsn(), *store_, blobs(), log(), metrics());
  }
  void stop() { deliveries_.reset(); }
  std::string state(const std::string& destination = "ris") const {
    return value("SELECT state FROM delivery WHERE destination = '" + destination + "'");
  }
  bool reaches(const std::string& wanted, const std::string& destination = "ris") const {
    return eventually([&] { return state(destination) == wanted; });
  }
  int attempts() const { return std::stoi(value("SELECT attempt FROM delivery")); }
  reporting::ReportStore& store() { return *store_; }

 private:
  Config config_;
  std::unique_ptr<reporting::ReportStore> store_ = db::make_report_store(dsn());
  std::unique_ptr<Deliveries> deliveries_;
};

TEST_F(DeliveriesTest, ASignedReportArrivesOnce) {
  Receiver receiver({"AA"});
  send_to({ris(receiver.port())});
  start();
  sign();
  ASSERT_TRUE(reaches("delivered"));
  stop();
  ASSERT_EQ(receiver.messages().size(), 1U);
  EXPECT_EQ(receiver.messages()[0].type(), "ORU^R01");
  EXPECT_EQ(receiver.messages()[0].control_id(),
            delivery_control_id(draft_of("1.2.3").report_id, 2, "ris"));
  EXPECT_THAT(
      metrics().text(),
      HasSubstr("tomoscribe_deliveries_total{destination=\"ris\",outcome=\"delivered\"} 1"));
  EXPECT_THAT(logged(), Not(HasSubstr("Jane")));
}

TEST_F(DeliveriesTest, AnErrorIsTriedAgainUnderTheSameControlId) {
  Receiver receiver({"AE", "AE", "AA"});
  send_to({ris(receiver.port())});
  sign();
  start();
  ASSERT_TRUE(reaches("delivered"));
  stop();
  const auto messages = receiver.messages();
  ASSERT_EQ(messages.size(), 3U);
  for (const auto& message : messages)
    EXPECT_EQ(message.encode(), messages[0].encode()) << "the receiver can tell a repeat";
  EXPECT_EQ(attempts(), 3);
}

TEST_F(DeliveriesTest, WaitsEverLongerForAReceiverThatIsAway) {
  const auto port = free_port();
  send_to({ris(port)});
  sign();
  start();
  ASSERT_TRUE(eventually([&] { return attempts() >= 3 && state() == "waiting"; }));
  EXPECT_GT(std::stod(value("SELECT extract(epoch FROM run_after - changed) FROM delivery")), 3.0)
      << "1 s, 2 s, 4 s";
  EXPECT_NE(value("SELECT last_error FROM delivery"), "");
}

TEST_F(DeliveriesTest, AnAcknowledgementOfAnotherMessageIsNone) {
  Receiver receiver({"other", "AA"});
  send_to({ris(receiver.port())});
  sign();
  start();
  ASSERT_TRUE(reaches("delivered"));
  EXPECT_EQ(attempts(), 2);
}

TEST_F(DeliveriesTest, ARejectionIsFinalUntilAPersonSendsAgain) {
  Receiver receiver({"AR"});
  send_to({ris(receiver.port())});
  sign();
  start();
  ASSERT_TRUE(reaches("dead"));
  const auto rows = store().deliveries(draft_of("1.2.3").report_id);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].last_error, "the receiver rejects the message");
  receiver.answer_with("AA");
  ASSERT_TRUE(store().resend(draft_of("1.2.3").report_id, 2, "ris", "rosa"));
  EXPECT_TRUE(reaches("delivered"));
  EXPECT_EQ(receiver.messages().size(), 2U);
}

TEST_F(DeliveriesTest, AReceiverThatHangsHoldsUpNobodyElse) {
  hl7::MllpServer silent({.port = 0}, [](std::string_view, const std::string&) {
    std::this_thread::sleep_for(std::chrono::seconds(3));  // longer than its timeout of 2 s
    return std::string();
  });
  Receiver receiver({"AA"});
  send_to({ris(silent.port(), "hangs"), ris(receiver.port())});
  for (const char* study : {"1.2.3", "1.2.4", "1.2.5", "1.2.6"}) sign(study);
  start();
  ASSERT_TRUE(eventually([&] {
    return value(
               "SELECT count(*) FROM delivery WHERE destination = 'ris' AND state = 'delivered'") ==
           "4";
  }));
  EXPECT_LE(std::stoi(value("SELECT sum(attempt) FROM delivery WHERE destination = 'hangs'")), 2)
      << "nothing of the other's waited behind these";
}

TEST_F(DeliveriesTest, OutlivesTheDatabasesAbsence) {
  Receiver receiver({"AA"});
  send_to({ris(receiver.port())});
  start();
  test_cluster().stop();
  ASSERT_TRUE(eventually([&] { return logged().find("deliveries wait") != std::string::npos; }));
  test_cluster().start();
  sign();
  EXPECT_TRUE(reaches("delivered"));
}

TEST_F(DeliveriesTest, ThePacsGetsItOnceItIsThere) {
  const auto port = free_port();
  send_to({{.name = "pacs",
            .kind = "sr",
            .host = "127.0.0.1",
            .port = port,
            .title = "PACS",
            .timeout_s = 5}});
  sign();
  start();
  ASSERT_TRUE(eventually([&] { return attempts() >= 1 && state("pacs") == "waiting"; }));
  const auto received = folder() / "received";
  std::filesystem::create_directory(received);
  Child storescp =
      Child::start("/usr/bin/storescp",
                   {"-q", "-aet", "PACS", "-od", received.string(), std::to_string(port)}, {});
  ASSERT_TRUE(reaches("delivered", "pacs"));
  storescp.stop(std::chrono::seconds(5));
  const auto files = tests::files_under(received);
  ASSERT_EQ(files.size(), 1U);
  const auto dump = tests::run("dcmdump +P SOPClassUID +P Modality +P VerificationFlag '" +
                               files[0].string() + "'");
  EXPECT_THAT(dump.output, HasSubstr("SR"));
  EXPECT_THAT(dump.output, HasSubstr("VERIFIED"));
}

TEST_F(DeliveriesTest, APacsThatDoesNotTakeReportsIsFinal) {
  const auto port = free_port();
  send_to({{.name = "pacs",
            .kind = "sr",
            .host = "127.0.0.1",
            .port = port,
            .title = "PACS",
            .timeout_s = 5}});
  const auto profile = folder() / "ct_only.cfg";
  std::ofstream(profile)
      << "[[TransferSyntaxes]]\n[Plain]\nTransferSyntax1 = LittleEndianExplicit\n"
         "[[PresentationContexts]]\n[CtOnly]\nPresentationContext1 = CTImageStorage\\Plain\n"
         "[[Profiles]]\n[Default]\nPresentationContexts = CtOnly\n";
  Child picky = Child::start("/usr/bin/storescp",
                             {"-q", "-xf", profile.string(), "Default", std::to_string(port)}, {});
  ASSERT_TRUE(eventually([&] { return listens(port); }));
  sign();
  start();
  EXPECT_TRUE(reaches("dead", "pacs"));
  EXPECT_THAT(value("SELECT last_error FROM delivery"),
              HasSubstr("does not accept this kind of object"));
  picky.stop(std::chrono::seconds(5));
}

}  // namespace
}  // namespace tomoscribe::pipeline
