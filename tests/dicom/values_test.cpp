#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dicom/blob_store.h"
#include "dicom/http_message.h"
#include "dicom/identity.h"
#include "tests/support/files.h"

namespace tomoscribe::dicom {
namespace {

TEST(Uid, TakesPaddingAndRefusesEverythingElse) {
  EXPECT_EQ(StudyUid(std::string_view("1.2.840\0", 8)).str(), "1.2.840");
  for (const char* bad : {"", "1..2", ".1", "1.", "1.2a", "../../etc", "1 2"})
    EXPECT_FALSE(StudyUid::parse(bad)) << bad;
  EXPECT_FALSE(StudyUid::parse(std::string(65, '1')));
  EXPECT_THROW(StudyUid("no uid"), Malformed);
}

TEST(UidFromName, IsStableAndUnder225) {
  EXPECT_EQ(uid_from_name("a"), uid_from_name("a"));
  EXPECT_NE(uid_from_name("a"), uid_from_name("b"));
  EXPECT_TRUE(uid_from_name("x").starts_with("2.25."));
  EXPECT_LE(uid_from_name("x").size(), 44U);
  EXPECT_TRUE(is_uid(uid_from_name("x")));
}

TEST(AeTitle, HasSixteenCharactersAtMostAndNoBackslash) {
  EXPECT_EQ(AeTitle("  PACS  ").str(), "PACS");
  EXPECT_FALSE(AeTitle::parse("SEVENTEEN-LETTERS"));
  EXPECT_FALSE(AeTitle::parse("A\\B"));
  EXPECT_FALSE(AeTitle::parse("A\nB"));
}

TEST(Malformed, NeverRepeatsTheValue) {
  try {
    const PatientId too_long(std::string(80, 'S'));
    FAIL();
  } catch (const Malformed& fault) {
    EXPECT_EQ(std::string(fault.what()).find("SSS"), std::string::npos);
  }
}

TEST(PersonName, KeepsTheAlphabeticGroup) {
  const auto name = PersonName::parse_pn("Yamada^Tarou=山田^太郎=やまだ^たろう");
  EXPECT_EQ(name.pn(), "Yamada^Tarou");
  EXPECT_EQ(PersonName::parse_pn("A^B^C^Dr^Jr").display(), "Dr B C A Jr");
  EXPECT_EQ(PersonName().display(), "unnamed");
}

TEST(Moment, PrintsAndReadsItsOffset) {
  const auto moment = Moment::parse_iso("2026-11-24T15:04:05-03:30");
  EXPECT_EQ(moment.iso(), "2026-11-24T15:04:05-03:30");
  EXPECT_EQ(moment.dtm(), "20261124150405-0330");
  EXPECT_EQ(moment.date() + moment.time(), "20261124150405");
  EXPECT_EQ(Moment::parse_iso("2026-11-24T18:34:05Z").utc, moment.utc);
  for (const char* bad : {"", "2026-11-24", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z",
                          "2026-11-24T00:00:00+99:00"})
    EXPECT_THROW(Moment::parse_iso(bad), Malformed) << bad;
}

TEST(ParseDate, TakesLegacyDotsAndRefusesUnrealDays) {
  EXPECT_EQ(iso_date(*parse_date("1960.02.29")), "1960-02-29");
  EXPECT_FALSE(parse_date("19610229"));
  EXPECT_FALSE(parse_date("2026112"));
}

TEST(ParseAge, ReadsYearsMonthsWeeksAndDays) {
  EXPECT_EQ(parse_age_years("003Y"), 3);
  EXPECT_EQ(parse_age_years("018M"), 1.5);
  EXPECT_NEAR(*parse_age_years("052W"), 1, 0.01);
  EXPECT_LT(*parse_age_years("003D"), 0.01);
  for (const char* bad : {"", "3Y", "0034", "03Y ", "-03Y", "003y", "0003Y"})
    EXPECT_FALSE(parse_age_years(bad)) << bad;
}

TEST(HeaderMap, IgnoresCase) {
  HttpRequest request{.headers = {{"Content-Type", "a"}}};
  EXPECT_EQ(request.header("content-TYPE"), "a");
  EXPECT_EQ(request.header("other"), "");
}

TEST(PathSegments, SkipEmptyOnes) {
  EXPECT_THAT(path_segments("/a//b/"), testing::ElementsAre("a", "b"));
}

TEST(BlobStore, GivesBackWhatWasPutUnderItsHash) {
  const tests::TempFolder folder;
  const BlobStore store(folder.path());
  const std::string bytes("with\0zero", 9);
  const BlobId id = store.put(bytes);
  EXPECT_EQ(id, sha256(bytes));
  EXPECT_EQ(store.read(id), bytes);
  EXPECT_EQ(store.put(bytes), id);
  EXPECT_EQ(store.read(sha256("never put")), std::nullopt);
}

TEST(BlobStore, AdoptsAFileByRename) {
  const tests::TempFolder folder;
  const BlobStore store(folder / "store");
  std::ofstream(folder / "file") << "hello";
  const BlobId id = sha256_of_file(folder / "file");
  store.adopt(folder / "file", id);
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
  EXPECT_EQ(store.read(id), "hello");
}

TEST(BlobStore, SaysWhenItCannotBeWritten) {
  const tests::TempFolder folder;
  std::ofstream(folder / "file") << "a file where a folder must be";
  EXPECT_THROW(BlobStore(folder / "file"), OutOfResources);
}

}  // namespace
}  // namespace tomoscribe::dicom
