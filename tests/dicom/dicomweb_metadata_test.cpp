// The headers as DICOM JSON: as DCMTK's own dcm2json says them, and valid whatever they hold.

#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/dicom/dicomweb_fixture.h"
#include "tests/dicom/slices.h"

namespace tomoscribe::dicom {
namespace {

using Json = nlohmann::json;

/// An element as both sides may write it: numbers as numbers, binary and pixels left out.
Json comparable(Json object) {
  Json kept = Json::object();
  for (auto& [tag, element] : object.items()) {
    if (tag == "7FE00010") continue;
    for (Json& value : element["Value"]) {
      if (value.is_object() && element["vr"] == "SQ") value = comparable(value);
      if (value.is_string() && (element["vr"] == "DS" || element["vr"] == "IS"))
        value = std::stod(value.get<std::string>());
      if (value.is_number()) value = value.get<double>();
    }
    if (element["Value"].is_null() || element["Value"].empty()) element.erase("Value");
    kept[tag] = element;
  }
  return kept;
}

/// One of each kind of value, as dump2dcm reads it.
constexpr const char* every_kind_of_value = R"((0008,0005) CS [ISO_IR 192]
(0008,0008) CS [ORIGINAL\PRIMARY\AXIAL]
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.2]
(0008,0018) UI [1.2.826.0.1.3680043.2.1143.9]
(0008,0020) DA [20260102]
(0008,0050) SH
(0008,0090) PN [Yamada^Tarou=山田^太郎=やまだ^たろう]
(0008,1030) LO [A "quoted" study & <more>]
(0008,1110) SQ
(fffe,e000) na
(0008,1150) UI [1.2.840.10008.3.1.2.3.1]
(0008,1155) UI [1.2.3.4]
(fffe,e00d) na
(fffe,e0dd) na
(0008,1111) SQ
(fffe,e0dd) na
(0008,2111) ST [two\lines]
(0009,0010) LO [TEST PRIVATE]
(0009,1001) UN 01\02\03\04\05
(0010,0010) PN [Ärzte^Zoë]
(0010,0020) LO [TEST-1]
(0018,0050) DS [2.5]
(0018,9219) SS -3
(0018,9073) FD 0.1
(0020,000d) UI [1.2.3.4.5]
(0020,000e) UI [1.2.3.4.6]
(0020,0013) IS [7]
(0020,0032) DS [-1.25e1\0\+3.5]
(0028,0009) AT (0054,0010)
(0028,0010) US 2
(0028,0011) US 2
(0042,0011) OB 01\02\03\04
)";

TEST(DicomWebMetadata, SaysWhatDcm2jsonSays) {
  if (tests::run("command -v dcm2json dump2dcm").status != 0)
    GTEST_SKIP() << "DCMTK's tools are not installed";
  const tests::TempFolder folder;
  std::ofstream(folder / "kinds.dump") << every_kind_of_value;
  const auto file = folder / "kinds.dcm";
  const auto made =
      tests::run("dump2dcm +te " + (folder / "kinds.dump").string() + " " + file.string());
  ASSERT_EQ(made.status, 0) << made.output;
  const auto theirs = tests::run("dcm2json " + file.string());
  ASSERT_EQ(theirs.status, 0) << theirs.output;
  Web web;
  const InstanceHeader header = web.add(file);
  const Json ours = Json::parse(web.get(instance_path(header) + "/metadata").body);
  EXPECT_EQ(comparable(ours[0]), comparable(Json::parse(theirs.output)));
  EXPECT_EQ(ours[0]["00080090"]["Value"][0]["Phonetic"], "やまだ^たろう");
  EXPECT_EQ(ours[0]["00080050"], Json::parse(R"({"vr":"SH"})")) << "an empty element has no Value";
}

TEST(DicomWebMetadata, IsValidJsonWhateverTheTextsHold) {
  if (tests::run("command -v dump2dcm dcmodify").status != 0)
    GTEST_SKIP() << "DCMTK's tools are not installed";
  const tests::TempFolder folder;
  const auto file = tests::write_slice(folder.path(), 0);
  // Latin-1 bytes under UTF-8, control characters, and a name that looks like markup.
  const auto changed = tests::run(R"~(dcmodify -nb -i "0008,103e=$(printf 'a\344\001b')" )~"
                                  R"~(-m "0010,0010=<script>\"^x" )~" +
                                  file.string());
  ASSERT_EQ(changed.status, 0) << changed.output;
  Web web;
  const InstanceHeader header = web.add(file);
  const Json rows = Json::parse(web.get(series_path(header) + "/metadata").body);
  EXPECT_EQ(rows[0]["00100010"]["Value"][0]["Alphabetic"], "<script>\"^x");
  EXPECT_NO_THROW(Json::parse(web.get(study_path(header) + "/series").body));
}

}  // namespace
}  // namespace tomoscribe::dicom
