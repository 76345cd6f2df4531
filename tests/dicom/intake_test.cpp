// The Storage SCP with real sockets and DCMTK's own senders as peers.

#include "dicom/intake.h"

#include <arpa/inet.h>
#include <map>
#include <mutex>
#include <sys/socket.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/detail/spooled_instance.h"
#include "dicom/store_scu.h"
#include "tests/dicom/slices.h"
#include "tests/support/files.h"

namespace tomoscribe::dicom {
namespace {

/// A sink that keeps files in memory of this test, or fails as told.
class FakeSink : public InstanceSink {
 public:
  Stored accept(const ReceivedInstance& instance) override {
    const std::lock_guard lock(mutex);
    if (fail) std::rethrow_exception(fail);
    received.push_back(instance);
    std::filesystem::copy_file(instance.spool_file, folder / instance.header.sop_instance.str(),
                               std::filesystem::copy_options::overwrite_existing);
    return answer;
  }
  void association_ended(const AeTitle& calling, const std::vector<StudyUid>& studies) override {
    const std::lock_guard lock(mutex);
    ended.emplace_back(calling.str(), studies.size());
  }
  std::mutex mutex;
  tests::TempFolder folder_owner;
  std::filesystem::path folder = folder_owner.path();
  std::vector<ReceivedInstance> received;
  std::vector<std::pair<std::string, std::size_t>> ended;
  std::exception_ptr fail;
  Stored answer = Stored::stored;
};

class FakeObserver : public IntakeObserver {
 public:
  void association_opened(const std::string&, const AeTitle&, const std::string&) override {}
  void association_refused(const std::string&, const std::string& reason) override {
    const std::lock_guard lock(mutex);
    refusals.push_back(reason);
  }
  void instance_answered(const std::string&, std::uint16_t status, double, std::uint64_t) override {
    const std::lock_guard lock(mutex);
    ++answers[status];
  }
  void instance_failed(const std::string&, std::uint16_t, const std::string& reason) override {
    const std::lock_guard lock(mutex);
    reasons.push_back(reason);
  }
  void association_closed(const std::string&, const std::string&, int) override {}
  std::mutex mutex;
  std::vector<std::string> refusals, reasons;
  std::map<std::uint16_t, int> answers;
};

class Intake : public testing::Test {
 protected:
  IntakeSettings settings() {
    return {.port = 0,
            .spool_folder = folder / "spool",
            .crew = 4,
            .acse_timeout = std::chrono::seconds(2),
            .reserve_bytes = 0};
  }
  void start(IntakeSettings settings) {
    server = std::make_unique<IntakeServer>(std::move(settings), sink, observer);
  }
  std::string peer(const char* called = "TOMOSCRIBE") {
    return std::string(" -aec ") + called + " 127.0.0.1 " + std::to_string(server->port()) + " ";
  }
  int silent_socket() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(server->port());
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    return fd;
  }
  tests::TempFolder folder;
  FakeSink sink;
  FakeObserver observer;
  std::unique_ptr<IntakeServer> server;
};

TEST_F(Intake, AnswersEcho) {
  start(settings());
  EXPECT_EQ(tests::run("echoscu" + peer()).status, 0);
  EXPECT_EQ(verify({.title = AeTitle("TOMOSCRIBE"), .host = "127.0.0.1", .port = server->port()},
                   AeTitle("ME"))
                .kind,
            SendResult::Kind::accepted);
}

TEST_F(Intake, StoresWhatStockSendersSendBitForBit) {
  start(settings());
  std::filesystem::create_directory(folder / "in");
  for (int i = 0; i < 5; ++i) tests::write_slice(folder / "in", i);
  EXPECT_EQ(tests::run("storescu" + peer() + (folder / "in").string() + " +sd").status, 0);
  EXPECT_EQ(tests::run("dcmsend +sd -aec TOMOSCRIBE 127.0.0.1 " + std::to_string(server->port()) +
                       " " + (folder / "in").string())
                .status,
            0);
  server.reset();
  ASSERT_EQ(sink.received.size(), 10U);
  EXPECT_EQ(observer.answers[0], 10);
  EXPECT_THAT(sink.ended, testing::Contains(testing::Pair("STORESCU", 1U)));
  std::map<std::string, std::set<std::string>> contents;
  for (const auto& instance : sink.received)
    contents[instance.header.sop_instance.str()].insert(instance.content_hash.str());
  for (const auto& [uid, hashes] : contents)
    EXPECT_EQ(hashes.size(), 1U) << "the same data set must hash alike from both senders";
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "spool"), {}), 0);
}

TEST_F(Intake, ImageHashIgnoresTheHeaderAndContentHashDoesNot) {
  start(settings());
  const auto file = tests::write_slice(folder.path(), 0);
  ASSERT_EQ(tests::run("storescu" + peer() + file.string()).status, 0);
  ASSERT_EQ(tests::run("dcmodify -nb -m PatientSex=M " + file.string() + " && storescu" + peer() +
                       file.string())
                .status,
            0);
  ASSERT_EQ(tests::run("dcmodify -nb -m 'ImagePositionPatient=0\\0\\99' " + file.string() +
                       " && storescu" + peer() + file.string())
                .status,
            0);
  server.reset();
  ASSERT_EQ(sink.received.size(), 3U);
  EXPECT_NE(sink.received[0].content_hash, sink.received[1].content_hash);
  EXPECT_EQ(sink.received[0].image_hash, sink.received[1].image_hash);
  EXPECT_NE(sink.received[1].image_hash, sink.received[2].image_hash);
}

TEST_F(Intake, FailuresMapToTheirStatus) {
  start(settings());
  const auto file = tests::write_slice(folder.path(), 0).string();
  const auto status_for = [&](std::exception_ptr fault) {
    sink.fail = std::move(fault);
    return send_instance(
               file, {.title = AeTitle("TOMOSCRIBE"), .host = "127.0.0.1", .port = server->port()},
               AeTitle("ME"))
        .status;
  };
  EXPECT_EQ(status_for(std::make_exception_ptr(OutOfResources("full"))), 0xA700);
  EXPECT_EQ(status_for(std::make_exception_ptr(Malformed("bad"))), 0xC000);
  EXPECT_EQ(status_for(std::make_exception_ptr(std::logic_error("ours"))), 0x0110);
  sink.fail = nullptr;
  sink.answer = Stored::conflict;
  EXPECT_EQ(status_for(nullptr), 0xB000);
}

TEST_F(Intake, LittleFreeDiskIsA700AndKeepsNothing) {
  auto full = settings();
  full.reserve_bytes = ~0ULL >> 1;
  start(full);
  const auto result = send_instance(
      tests::write_slice(folder.path(), 0),
      {.title = AeTitle("TOMOSCRIBE"), .host = "127.0.0.1", .port = server->port()}, AeTitle("ME"));
  EXPECT_EQ(result.status, 0xA700);
  EXPECT_EQ(result.kind, SendResult::Kind::refused_retry);
  server.reset();
  EXPECT_TRUE(sink.received.empty());
}

TEST_F(Intake, ADataSetWithoutAStudyCannotBeUnderstood) {
  start(settings());
  const auto file = tests::write_slice(folder.path(), 0);
  ASSERT_EQ(tests::run("dcmodify -nb -m StudyInstanceUID= " + file.string()).status, 0);
  EXPECT_EQ(send_instance(
                file, {.title = AeTitle("TOMOSCRIBE"), .host = "127.0.0.1", .port = server->port()},
                AeTitle("ME"))
                .status,
            0xC000);
}

TEST(Examine, RefusesADataSetThatIsNotTheCommands) {
  const tests::TempFolder folder;
  const auto file = tests::write_slice(folder.path(), 0);
  const std::string ct = "1.2.840.10008.5.1.4.1.1.2",
                    uid = tests::slice_header(0).sop_instance.str();
  EXPECT_NO_THROW(detail::examine(file, ct, uid));
  EXPECT_THROW(detail::examine(file, ct, "1.2.3"), detail::IdentityMismatch);
  EXPECT_THROW(detail::examine(file, "1.2.840.10008.5.1.4.1.1.4", uid), detail::IdentityMismatch);
}

TEST_F(Intake, SilentAndGarblingPeersHarmNobody) {
  start(settings());
  std::vector<int> sockets;
  sockets.reserve(40);
  for (int i = 0; i < 40; ++i) sockets.push_back(silent_socket());
  for (int i = 0; i < 5; ++i) {
    const std::string garbage(100, static_cast<char>('A' + i));
    EXPECT_GT(::send(sockets[static_cast<std::size_t>(i)], garbage.data(), garbage.size(), 0), 0);
  }
  const std::string lying(
      "\x01\x00\x7f\xff\xff\xff"
      "more",
      10);  // an association request of 2 GB
  EXPECT_GT(::send(sockets[5], lying.data(), lying.size(), 0), 0);
  const std::string slow("\x01\x00\x00\x00\x10\x00", 6);  // the rest never comes
  EXPECT_GT(::send(sockets[6], slow.data(), slow.size(), 0), 0);
  EXPECT_EQ(tests::run("echoscu -to 5" + peer()).status, 0);
  for (const int fd : sockets) ::close(fd);
}

TEST_F(Intake, UnknownTitlesAreRejectedWithTheirReason) {
  auto strict = settings();
  strict.check_called_title = true;
  strict.allowed_calling = {AeTitle("PACS")};
  start(strict);
  EXPECT_NE(tests::run("echoscu -aet OTHER" + peer()).status, 0);
  EXPECT_NE(tests::run("echoscu -aet PACS" + peer("WRONG")).status, 0);
  EXPECT_EQ(tests::run("echoscu -aet PACS" + peer()).status, 0);
  EXPECT_THAT(observer.refusals,
              testing::ElementsAre(testing::HasSubstr("calling"), testing::HasSubstr("called")));
}

TEST_F(Intake, AnInstanceBeyondTheLimitIsNotAcknowledged) {
  auto small = settings();
  small.max_instance_bytes = 100000;
  start(small);
  EXPECT_NE(
      tests::run("storescu" + peer() + tests::write_slice(folder.path(), 0, 512).string()).status,
      0);
  server.reset();
  EXPECT_TRUE(sink.received.empty());
}

TEST_F(Intake, ServesMoreAssociationsThanItHasHandlersOneAfterTheOther) {
  start(settings());
  const auto file = tests::write_slice(folder.path(), 0).string();
  for (int round = 0; round < 30; ++round)
    ASSERT_EQ(tests::run("storescu" + peer() + file).status, 0) << round;
}

TEST_F(Intake, SendsToAStockStorescp) {
  std::filesystem::create_directory(folder / "scp");
  const auto file = tests::write_slice(folder.path(), 0);
  const SendResult nobody =
      send_instance(file, {.title = AeTitle("X"), .host = "127.0.0.1", .port = 1}, AeTitle("ME"),
                    std::chrono::seconds(2));
  EXPECT_EQ(nobody.kind, SendResult::Kind::unreachable);
}

TEST(Conformance, TableInTheDocsIsTheCode) {
  std::string expected = "<!-- classes -->\n\n| SOP class | UID | use |\n|---|---|---|\n";
  for (const AcceptedClass& row : accepted_classes())
    expected += "| " + row.name + " | `" + row.uid + "` | " + row.use + " |\n";
  expected +=
      "\n<!-- syntaxes -->\n\n| transfer syntax, most preferred first | UID | decoded "
      "|\n|---|---|---|\n";
  for (const AcceptedSyntax& row : accepted_syntaxes())
    expected += "| " + row.name + " | `" + row.uid + "` | " + (row.decoded ? "yes" : "no") + " |\n";
  const auto page =
      tests::read_text(std::filesystem::path(TOMOSCRIBE_SOURCE_DIR) / "docs" / "conformance.md");
  EXPECT_NE(page.find(expected), std::string::npos) << "docs/conformance.md must hold:\n"
                                                    << expected;
}

}  // namespace
}  // namespace tomoscribe::dicom
