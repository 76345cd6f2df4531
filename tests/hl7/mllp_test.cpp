// MLLP over real sockets on loopback: the listener against raw peers, the sender against raw
// receivers.

#include "hl7/mllp.h"

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hl7/message.h"

namespace tomoscribe::hl7 {
namespace {

using namespace std::chrono_literals;
using Kind = MllpResult::Kind;

std::string framed(const std::string& message) {
  return "\x0b" + message + "\x1c\r";
}

/// A peer that sends bytes as a test wants them.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(Poco::Net::SocketAddress("127.0.0.1", port)) {
    socket_.setReceiveTimeout(Poco::Timespan(30, 0));
  }
  explicit Peer(const Poco::Net::StreamSocket& socket) : socket_(socket) {
    socket_.setReceiveTimeout(Poco::Timespan(30, 0));
  }
  void send(const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();)
      sent += static_cast<std::size_t>(socket_.sendBytes(
          bytes.data() + sent, static_cast<int>(bytes.size() - sent), MSG_NOSIGNAL));
  }
  /// The next frame's content; "" once the other side has closed.
  std::string receive() {
    while (buffer_.find("\x1c\r") == std::string::npos) {
      std::array<char, 4096> bytes{};
      int got = 0;
      try {
        got = socket_.receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
      } catch (const Poco::TimeoutException&) {
        ADD_FAILURE() << "nothing came in 30 s";
        return {};
      } catch (const Poco::Exception&) {
        return {};  // reset: closed as well
      }
      if (got <= 0) return {};
      buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    }
    const std::size_t end = buffer_.find("\x1c\r");
    std::string message = buffer_.substr(1, end - 1);
    buffer_.erase(0, end + 2);
    return message;
  }
  std::string ask(const std::string& message) {
    send(framed(message));
    return receive();
  }
  /// Closes at once with a reset, unread bytes and all.
  void reset() {
    socket_.setLinger(true, 0);
    socket_.close();
  }

 private:
  Poco::Net::StreamSocket socket_;
  std::string buffer_;
};

std::string echo(std::string_view message, const std::string& peer) {
  return peer + " " + std::string(message);
}

MllpSettings any_port() {
  MllpSettings settings;
  settings.port = 0;
  return settings;
}

TEST(MllpServer, AnswersSeveralMessagesOnOneConnection) {
  const MllpServer server(any_port(), echo);
  Peer peer(server.port());
  for (const char* message : {"one", "two", "three"})
    EXPECT_EQ(peer.ask(message), std::string("127.0.0.1 ") + message);
}

TEST(MllpServer, AnswersMessagesThatComeTogetherInOrder) {
  const MllpServer server(any_port(), echo);
  Peer peer(server.port());
  peer.send(framed("one") + framed("two"));
  EXPECT_EQ(peer.receive(), "127.0.0.1 one");
  EXPECT_EQ(peer.receive(), "127.0.0.1 two");
}

TEST(MllpServer, PutsSplitBytesTogether) {
  const MllpServer server(any_port(), echo);
  Peer peer(server.port());
  for (const char byte : framed("split\x1c inside")) peer.send(std::string(1, byte));
  EXPECT_EQ(peer.receive(), "127.0.0.1 split\x1c inside");
}

TEST(MllpServer, SkipsGarbageBetweenFrames) {
  const MllpServer server(any_port(), echo);
  Peer peer(server.port());
  peer.send("garbage\r\n" + framed("one") + "\x1c\r\x1c\rmore" + framed("two") +
            "\x0b"
            "cut off" +
            framed("three"));
  EXPECT_EQ(peer.receive(), "127.0.0.1 one");
  EXPECT_EQ(peer.receive(), "127.0.0.1 two");
  EXPECT_EQ(peer.receive(), "127.0.0.1 three");
}

TEST(MllpServer, ClosesOnlyTheConnectionWhoseFrameIsTooLong) {
  MllpSettings settings = any_port();
  settings.max_frame_bytes = 1000;
  const MllpServer server(settings, echo);
  Peer honest(server.port()), greedy(server.port());
  EXPECT_EQ(honest.ask("one"), "127.0.0.1 one");
  try {
    greedy.send("\x0b" + std::string(100000, 'x'));
  } catch (const Poco::Exception&) {  // closed while it was still sending
  }
  EXPECT_EQ(greedy.receive(), "");
  EXPECT_EQ(honest.ask("two"), "127.0.0.1 two");
}

TEST(MllpServer, ClosesASilentPeerAndOneThatTrickles) {
  MllpSettings settings = any_port();
  settings.idle_timeout = 1s;
  const MllpServer server(settings, echo);
  Peer silent(server.port());
  EXPECT_EQ(silent.receive(), "");
  Peer trickling(server.port());
  trickling.send("\x0bnever ends");
  EXPECT_EQ(trickling.receive(), "");
}

TEST(MllpServer, ClosesThePeerSilentLongestWhenOneMoreComes) {
  MllpSettings settings = any_port();
  settings.connections = 2;
  const MllpServer server(settings, echo);
  Peer first(server.port()), second(server.port());
  EXPECT_EQ(first.ask("one"), "127.0.0.1 one");
  EXPECT_EQ(second.ask("two"), "127.0.0.1 two");
  Peer third(server.port());
  EXPECT_EQ(third.ask("three"), "127.0.0.1 three");
  EXPECT_EQ(first.receive(), "");
  EXPECT_EQ(second.ask("two again"), "127.0.0.1 two again");
}

TEST(MllpServer, ClosesOneMoreWhileAllAreBeingAnswered) {
  MllpSettings settings = any_port();
  settings.connections = 2;
  std::latch asked(2);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const MllpServer server(settings, [&](std::string_view, const std::string&) {
    asked.count_down();
    released.wait();
    return std::string("done");
  });
  Peer first(server.port()), second(server.port());
  first.send(framed("one"));
  second.send(framed("two"));
  asked.wait();
  EXPECT_EQ(Peer(server.port()).receive(), "");
  release.set_value();
  EXPECT_EQ(first.receive(), "done");
  EXPECT_EQ(second.receive(), "done");
}

TEST(MllpServer, LivesOnWhenAHandlerFailsOrAPeerGoesBeforeItsAnswer) {
  std::promise<void> gone;
  const MllpServer server(any_port(), [&](std::string_view message, const std::string&) {
    if (message == "fail") throw std::runtime_error("a fault of ours");
    if (message == "leave") gone.get_future().wait();
    return std::string(1 << 20, 'x');
  });
  Peer failing(server.port()), leaving(server.port());
  EXPECT_EQ(failing.ask("fail"), "");
  leaving.send(framed("leave"));
  leaving.reset();
  gone.set_value();
  EXPECT_EQ(Peer(server.port()).ask("still there?").size(), std::size_t{1} << 20U);
}

TEST(MllpServer, StopsWhilePeersAreConnected) {
  auto server = std::make_unique<MllpServer>(any_port(), echo);
  Peer peer(server->port());
  EXPECT_EQ(peer.ask("one"), "127.0.0.1 one");
  peer.send("\x0bhalf a");
  const auto begin = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  EXPECT_EQ(peer.receive(), "");
}

TEST(MllpServer, SaysWhenThePortIsTaken) {
  const MllpServer server(any_port(), echo);
  MllpSettings settings = any_port();
  settings.port = server.port();
  EXPECT_THROW(MllpServer(settings, echo), std::system_error);
}

/// Leaves this process one file descriptor, until it goes.
class OneDescriptorLeft {
 public:
  OneDescriptorLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest = ::dup(0);
    ::close(lowest);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(lowest) + 1;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~OneDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  OneDescriptorLeft(const OneDescriptorLeft&) = delete;
  OneDescriptorLeft& operator=(const OneDescriptorLeft&) = delete;

 private:
  rlimit before_{};
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

TEST(MllpServer, OutOfDescriptorsItWaitsInPeaceSaysSoOnceAndServesWhoWaited) {
  std::mutex mutex;
  std::vector<std::string> told;
  const MllpServer server(any_port(), echo, [&](const std::string& reason) {
    const std::lock_guard lock(mutex);
    told.push_back(reason);
  });
  Peer early(server.port());
  EXPECT_EQ(early.ask("one"), "127.0.0.1 one");
  std::optional<Peer> late;
  {
    const OneDescriptorLeft limit;
    late.emplace(server.port());
    const double before = cpu_seconds();
    std::this_thread::sleep_for(1s);
    EXPECT_LT(cpu_seconds() - before, 0.3);
    EXPECT_EQ(early.ask("still served"), "127.0.0.1 still served");
  }
  EXPECT_EQ(late->ask("two"), "127.0.0.1 two");
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::ElementsAre(testing::HasSubstr("no file descriptor is left")));
}

// ---- sending

const std::string message = "MSH|^~\\&|US||RIS||20260102||ORU^R01^ORU_R01|ID7|P|2.5.1\r";

std::string ack(const std::string& code, const std::string& id = "ID7") {
  return "MSH|^~\\&|RIS||US||20260102||ACK^R01^ACK|A1|P|2.5.1\rMSA|" + code + "|" + id + "\r";
}

MllpResult sent_to_answer(const std::string& answer) {
  const MllpServer server(any_port(), [&](std::string_view got, const std::string&) {
    EXPECT_EQ(got, message);
    return answer;
  });
  return send_message(message, {.host = "127.0.0.1", .port = server.port()}, 30s);
}

TEST(SendMessage, TellsAcceptedFromRefused) {
  EXPECT_EQ(sent_to_answer(ack("AA")).kind, Kind::accepted);
  EXPECT_EQ(sent_to_answer(ack("CA")).kind, Kind::accepted);
  EXPECT_EQ(sent_to_answer(ack("AE")).kind, Kind::refused_retry);
  EXPECT_EQ(sent_to_answer(ack("CE")).kind, Kind::refused_retry);
  EXPECT_EQ(sent_to_answer(ack("AR")).kind, Kind::refused_final);
  EXPECT_EQ(sent_to_answer(ack("CR")).kind, Kind::refused_final);
  const MllpResult odd = sent_to_answer(ack("Jane Doe"));
  EXPECT_EQ(odd.kind, Kind::refused_retry);
  EXPECT_THAT(odd.code + odd.reason, testing::Not(testing::HasSubstr("Jane")));
}

TEST(SendMessage, SkipsTheAcknowledgementOfAnotherMessage) {
  EXPECT_EQ(sent_to_answer(ack("AR", "ID6") + "\x1c\r\x0bgarbage\x1c\r\x0b" + ack("AA")).kind,
            Kind::accepted);
}

TEST(SendMessage, WaitsForItsOwnAcknowledgementUntilTheTimeout) {
  const MllpServer server(any_port(),
                          [](std::string_view, const std::string&) { return ack("AA", "ID6"); });
  const auto begin = std::chrono::steady_clock::now();
  const MllpResult result = send_message(message, {.host = "127.0.0.1", .port = server.port()}, 1s);
  EXPECT_EQ(result.kind, Kind::unreachable);
  EXPECT_NE(result.reason, "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
}

TEST(SendMessage, GivesUpOnAReceiverThatNeverAnswers) {
  Poco::Net::ServerSocket silent(Poco::Net::SocketAddress("127.0.0.1", 0));
  EXPECT_EQ(send_message(message, {.host = "127.0.0.1", .port = silent.address().port()}, 1s).kind,
            Kind::unreachable);
}

TEST(SendMessage, TellsThatTheReceiverClosed) {
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  std::jthread receiver([&] {
    Peer peer(listener.acceptConnection());
    EXPECT_EQ(peer.receive(), message);
  });
  const MllpResult result =
      send_message(message, {.host = "127.0.0.1", .port = listener.address().port()}, 30s);
  EXPECT_EQ(result.kind, Kind::unreachable);
  EXPECT_THAT(result.reason, testing::HasSubstr("closed"));
}

TEST(SendMessage, TellsThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const Poco::Net::ServerSocket closed(Poco::Net::SocketAddress("127.0.0.1", 0));
    port = closed.address().port();
  }
  EXPECT_EQ(send_message(message, {.host = "127.0.0.1", .port = port}, 5s).kind, Kind::unreachable);
}

TEST(SendMessage, RefusesAnAcknowledgementWithoutEnd) {
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  std::jthread receiver([&] {
    Peer peer(listener.acceptConnection());
    peer.receive();
    try {
      peer.send("\x0b" + std::string(4 << 20, 'x'));
      peer.receive();
    } catch (const Poco::Exception&) {  // the sender has had enough
    }
  });
  EXPECT_EQ(
      send_message(message, {.host = "127.0.0.1", .port = listener.address().port()}, 30s).kind,
      Kind::refused_retry);
}

}  // namespace
}  // namespace tomoscribe::hl7
