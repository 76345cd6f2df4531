// HL7 v2 messages: what is written is read again, what is hostile is refused, and nothing else.

#include "hl7/message.h"

#include <chrono>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/files.h"

namespace tomoscribe::hl7 {
namespace {

const std::string header = "MSH|^~\\&|RIS|HOSP|US|HERE|20260102||ORM^O01|7|P|2.5.1\r";

int refusal(const std::string& text) {
  try {
    Message::parse(text);
  } catch (const Rejected& why) {
    EXPECT_NE(std::string(why.what()), "");
    return why.error_code();
  }
  return 0;
}

/// NTE-3 of a message whose header ends in `set` (MSH-13 to MSH-18).
std::string note(const std::string& value, const std::string& set = "") {
  std::string first = header;
  first.pop_back();
  return Message::parse(first + "||||||" + set + "\rNTE|1||" + value + "\r").find("NTE")->get(3);
}

TEST(Message, ReadsFieldsComponentsAndRepetitionsFromOne) {
  const Message message = Message::parse(header + "PID|1||A^B&b^C~D||\rPID|2\r");
  const Segment* pid = message.find("PID");
  EXPECT_EQ(pid->get(3), "A");
  EXPECT_EQ(pid->get(3, 2, 2), "b");
  EXPECT_EQ(pid->get(3, 1, 1, 2), "D");
  EXPECT_EQ(pid->repetitions(3), 2);
  EXPECT_EQ(pid->whole(3), "A^B&b^C\nD");
  EXPECT_EQ(pid->get(99, 99, 99, 99), "");
  EXPECT_EQ(message.find("PID", 1)->get(1), "2");
  EXPECT_EQ(message.find("PID", 2), nullptr);
  EXPECT_EQ(message.type(), "ORM^O01");
  EXPECT_EQ(message.control_id(), "7");
  EXPECT_EQ(message.find("MSH")->get(3), "RIS");
}

TEST(Message, TellsNullFromEmpty) {
  const Message message = Message::parse(header + "PID|1||\"\"||x\r");
  EXPECT_TRUE(message.find("PID")->is_null(3));
  EXPECT_EQ(message.find("PID")->get(3), "");
  EXPECT_FALSE(message.find("PID")->is_null(4));
  EXPECT_EQ(message.find("PID")->repetitions(4), 1);
}

TEST(Message, ReadsEveryEscape) {
  EXPECT_EQ(note(R"(a\F\b\S\c\T\d\R\e\E\f)"), "a|b^c&d~e\\f");
  EXPECT_EQ(note(R"(one\.br\two\.sp\three\.sp2\four\.ce\five\.sk3\six)"),
            "one\ntwo\nthree\nfour\nfive six");
  EXPECT_EQ(note(R"(\X41\\X4243\)"), "ABC");
  EXPECT_EQ(note(R"(\H\bold\N\ \X4\ \XZZ\ \Zown\.)"), "bold   .");
  EXPECT_EQ(note(R"(\X00\)"), " ");
  EXPECT_EQ(note(R"(5\7)"), "5\\7");  // no partner: text
}

TEST(Message, ReadsOtherSeparators) {
  const Message message =
      Message::parse("MSH#*@!%#RIS######ORM*O01#8#P#2.3.1\rPID#1##A*B%b@C!S!D\r");
  EXPECT_EQ(message.type(), "ORM^O01");
  EXPECT_EQ(message.find("PID")->get(3, 2, 2), "b");
  EXPECT_EQ(message.find("PID")->get(3, 1, 1, 2), "C*D");
  EXPECT_EQ(message.encode().substr(0, 9), "MSH|^~\\&|");
}

TEST(Message, TakesTheTruncationCharacterOfVersion27) {
  const Message message = Message::parse("MSH|^~\\&#|A||||||ORM^O01|9|P|2.7\rPID|1\r");
  EXPECT_EQ(message.find("MSH")->get(3), "A");
  EXPECT_EQ(message.control_id(), "9");
}

TEST(Message, RefusesSeparatorsThatAreNone) {
  EXPECT_EQ(refusal("MSH|^^\\&|a||||||ORM^O01|1|P|2.5\r"), 102);
  EXPECT_EQ(refusal("MSH|^~|a||||||ORM^O01|1|P|2.5\r"), 102);
  EXPECT_EQ(refusal("MSHA^~\\&A"), 102);
  EXPECT_EQ(refusal("MSH|^~\\&#$|a||||||ORM^O01|1|P|2.5\r"), 102);
  EXPECT_EQ(refusal(std::string("MSH\0^~\\&\0", 9)), 102);
}

TEST(Message, DecodesTheCharacterSetOfMsh18) {
  EXPECT_EQ(note("M\xfcller", "8859/1"), "Müller");
  EXPECT_EQ(note("Müller", "UNICODE UTF-8"), "Müller");
  EXPECT_EQ(note("Müller"), "Müller");
  EXPECT_EQ(note("M\xfcller"), "Müller");  // none declared and no UTF-8: Latin-1
  EXPECT_EQ(note("\xbf\xe2", "8859/5"), "Пт");
  EXPECT_EQ(note("M\\XFC\\ller", "8859/1"), "Müller");
  EXPECT_EQ(note("M\\XC3BC\\ller", "UNICODE UTF-8"), "Müller");
  EXPECT_EQ(note("M\\XFC\\ller"), "Müller");
  const Message read =
      Message::parse("MSH|^~\\&|A||||||ORM^O01|1|P|2.5||||||8859/1\rNTE|1||\xfc\r");
  EXPECT_EQ(Message::parse(read.encode()).find("NTE")->get(3), "ü");
}

TEST(Message, RefusesACharacterSetThatItCannotRead) {
  EXPECT_THROW(note("x", "KLINGON"), Rejected);
  EXPECT_THROW(note("M\xfcller", "UNICODE UTF-8"), Rejected);  // never a guess at a name
}

TEST(Message, RefusesWhatIsNone) {
  for (const char* bad : {"", "\r\n", "MSH", "MSH|^~\\&", "PID|1\r", "Dear colleague,"})
    EXPECT_EQ(refusal(bad), 100) << bad;
  EXPECT_EQ(refusal("MSH|^~\\&|a\r"), 101);
  EXPECT_EQ(refusal(header + "P\r"), 100);
  EXPECT_EQ(refusal(header + "pid|1\r"), 100);
  EXPECT_EQ(refusal(header + "PIDX1\r"), 100);
  EXPECT_EQ(refusal("MSH|^~\\&|a||||||ORM^O01|1|P|3.0\r"), 203);
}

TEST(Message, TellsWhereASegmentHasNoName) {
  const auto told = [](const std::string& text) {
    try {
      Message::parse(header + text);
    } catch (const Rejected& why) {
      EXPECT_THAT(why.what(), testing::Not(testing::HasSubstr("Doe")));
      return why.location() + " " + std::string(why.what()).substr(0, 9);
    }
    return std::string("read");
  };
  EXPECT_EQ(told("Doe, Jane\r"), "MSH^1 segment 2");
  EXPECT_EQ(told("PID|1\rNTE|1||a\rNTE|2||a\rDoe, Jane\r"), "NTE^2 segment 5");
  EXPECT_EQ(told("PID|1\rNTEDoe\r"), "PID^1 segment 3");
}

TEST(Message, SaysThatBatchesAreNotSupported) {
  for (const char* name : {"FHS", "BHS"}) {
    try {
      Message::parse(name + std::string("|^~\\&|RIS\r") + header + "BTS|1\r");
      ADD_FAILURE() << name << " was read";
    } catch (const Rejected& why) {
      EXPECT_THAT(why.what(), testing::HasSubstr("batches (FHS, BHS) are not supported"));
      EXPECT_EQ(why.error_code(), 200);
      EXPECT_EQ(why.location(), name);
    }
  }
}

TEST(Message, RefusesASecondMessageInTheSameFrame) {
  EXPECT_EQ(refusal(header + "PID|1\r" + header), 100);
}

TEST(Message, EveryTruncationIsReadOrRefused) {
  const std::string whole = header + "PID|1||A^^^B&C&ISO~D||Doe^J\\T\\^\\X41\\\rORC|NW|1\r";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const int code = refusal(whole.substr(0, length));
    EXPECT_TRUE(code == 0 || code == 100 || code == 101 || code == 102) << length << ": " << code;
  }
}

TEST(Message, BearsHostileSizesWithinTime) {
  const auto begin = std::chrono::steady_clock::now();
  std::string segments = header, deep = header + "PID|";
  for (int i = 0; i < 100000; ++i) segments += "NTE|1||x\r";
  for (int i = 0; i < 300000; ++i) deep += "a~^&"[i % 4];
  EXPECT_EQ(refusal(segments), 100);
  EXPECT_EQ(refusal(deep + std::string(300000, '~')), 102);
  EXPECT_EQ(refusal(header + "PID|" + std::string(8 << 20, '|')), 102);
  EXPECT_EQ(refusal(header + std::string(8 << 20, '\r')), 0);
  EXPECT_EQ(refusal(header + "NTE|1||" + std::string(8 << 20, '\\')), 0);
  EXPECT_EQ(note(std::string(8 << 20, 'x')).size(), std::size_t{8} << 20U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(Message, HoldsNoNul) {
  EXPECT_EQ(note(std::string("a\0b", 3)), "a b");
}

TEST(Message, WritesNothingThatCouldBreakASegment) {
  Message message = Message::parse(header);
  message.add("NTE").set(3, "a|b^c&d~e\\f\r\nOBX|1\rx\n\x01\x0b\x1c\xff");
  const std::string text = message.encode();
  EXPECT_THAT(
      text, testing::EndsWith(
                "NTE|||a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\.br\\OBX\\F\\1\\.br\\x\\.br\\   \ufffd\r"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 2);
}

TEST(Message, LeavesOutWhatIsEmptyAtTheEnd) {
  Message message = Message::parse(header);
  message.add("PID").set(5, "Doe").set(5, "", 5).set(6, "x", 1, 1).set(6, "", 1, 3).set(9, "");
  EXPECT_THAT(message.encode(), testing::EndsWith("\rPID|||||Doe|x\r"));
}

TEST(Message, ReadsWhatItWrote) {
  std::mt19937 random(11);  // NOLINT(cert-msc51-cpp): the same messages each time
  const auto upto = [&](int most) {
    return static_cast<int>(random() % static_cast<unsigned>(most)) + 1;
  };
  const std::vector<std::string> pieces{"a",  "|", "^",  "&",   "~",   "\\",
                                        "\n", "ü", "山", ".br", "X41", " "};
  for (int round = 0; round < 300; ++round) {
    Message message = Message::parse(header);
    struct Set {
      int segment, field, component, subcomponent, repetition;
      auto operator<=>(const Set&) const = default;
    };
    std::map<Set, std::string> written;
    for (int segment = 0; segment < 3; ++segment) {
      Segment& added = message.add("ZZ" + std::to_string(segment));
      for (int i = 0; i < 10; ++i) {
        const Set at{segment, upto(9), upto(4), upto(3), upto(3)};
        std::string value;
        for (int j = upto(5); j > 0; --j) value += pieces[random() % pieces.size()];
        added.set(at.field, value, at.component, at.subcomponent, at.repetition);
        written[at] = value;
      }
    }
    const Message read = Message::parse(message.encode());
    for (const auto& [at, value] : written)
      ASSERT_EQ(read.segments()[static_cast<std::size_t>(at.segment) + 1].get(
                    at.field, at.component, at.subcomponent, at.repetition),
                value);
    ASSERT_EQ(read.encode(), message.encode());
  }
}

TEST(Message, ReadsOrRefusesEverySampleAndKeepsWhatItRead) {
  const auto folder = tests::corpus() / "hl7_fhir" / "hl7";
  if (tests::corpus().empty() || !std::filesystem::exists(folder))
    GTEST_SKIP() << "no corpus: set TOMOSCRIBE_DATA";
  int read = 0;
  for (const auto& file : tests::files_under(folder)) {
    try {
      const Message message = Message::parse(tests::read_text(file));
      const std::string written = message.encode();
      EXPECT_EQ(Message::parse(written).encode(), written) << file;
      EXPECT_EQ(Message::parse(written).segments().size(), message.segments().size()) << file;
      ++read;
    } catch (const Rejected& why) {
      EXPECT_NE(why.error_code(), 0) << file;
    }
  }
  EXPECT_GT(read, 3);
}

}  // namespace
}  // namespace tomoscribe::hl7
