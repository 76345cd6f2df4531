// QIDO-RS and WADO-RS over our own writer's slices, the transfer syntax zoo and the hostile files.

#include "dicom/dicomweb.h"

#include <png.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dicom/pixels.h"
#include "tests/dicom/slices.h"
#include "tests/support/folder_index.h"

namespace tomoscribe::dicom {
namespace {

using Json = nlohmann::json;

/// A store, an index and the handler over them.
class Web {
 public:
  InstanceHeader add(const std::filesystem::path& file) { return index_.add(file); }
  HttpResponse get(const std::string& path, const HeaderMap& headers = {},
                   std::vector<std::pair<std::string, std::string>> query = {}) {
    HttpRequest request{.method = "GET", .path = "/dicom-web" + path};
    request.query = std::move(query);
    request.headers = headers;
    request.base_url = "http://ct.example";
    return handler_(request);
  }
  HttpResponse send(const std::string& method, const std::string& path) {
    return handler_({.method = method, .path = "/dicom-web" + path});
  }

 private:
  /// One for all: making one makes 256 folders.
  static const BlobStore& blobs() {
    static const tests::TempFolder folder;
    static const BlobStore store(folder / "store");
    return store;
  }
  tests::FolderIndex index_{blobs()};
  HttpHandler handler_ = dicomweb_handler(index_, blobs());
};

std::string study_path(const InstanceHeader& header) {
  return "/studies/" + header.study.str();
}
std::string series_path(const InstanceHeader& header) {
  return study_path(header) + "/series/" + header.series.str();
}
std::string instance_path(const InstanceHeader& header) {
  return series_path(header) + "/instances/" + header.sop_instance.str();
}

/// Three small slices of one series.
class DicomWebOfSlices : public testing::Test {
 protected:
  DicomWebOfSlices() {
    for (int i = 0; i < 3; ++i) web.add(tests::write_slice(files_.path(), i));
  }
  InstanceHeader first = tests::slice_header(0);
  Web web;

 private:
  tests::TempFolder files_;
};

std::string little_endian(const std::vector<std::uint16_t>& pixels) {
  std::string bytes;
  for (const std::uint16_t value : pixels) {
    bytes.push_back(static_cast<char>(value & 0xFFU));
    bytes.push_back(static_cast<char>(value >> 8U));
  }
  return bytes;
}

TEST_F(DicomWebOfSlices, ListsTheSeriesOfAStudy) {
  const HttpResponse answer = web.get(study_path(first) + "/series");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/dicom+json");
  const Json rows = Json::parse(answer.body);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["0020000E"]["Value"][0], first.series.str());
  EXPECT_EQ(rows[0]["00080060"]["Value"][0], "CT");
  EXPECT_EQ(rows[0]["00200011"]["Value"][0], 3);
  EXPECT_EQ(rows[0]["00201209"]["Value"][0], 3);
  EXPECT_EQ(rows[0]["00081190"]["Value"][0], "http://ct.example/dicom-web" + series_path(first));
}

TEST_F(DicomWebOfSlices, ListsTheInstancesOfASeriesByNumber) {
  const Json rows = Json::parse(web.get(series_path(first) + "/instances").body);
  ASSERT_EQ(rows.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    const Json& row = rows[static_cast<std::size_t>(i)];
    EXPECT_EQ(row["00080018"]["Value"][0], tests::slice_header(i).sop_instance.str());
    EXPECT_EQ(row["00200013"]["Value"][0], i + 1);
    EXPECT_EQ(row["00280010"], Json::parse(R"({"vr":"US","Value":[16]})"));
  }
}

TEST_F(DicomWebOfSlices, GivesTheHeadersOfASeriesWithoutPixels) {
  const Json rows = Json::parse(web.get(series_path(first) + "/metadata").body);
  ASSERT_EQ(rows.size(), 3U);
  const Json& header = rows[1];
  EXPECT_EQ(header["00100010"], Json::parse(R"({"vr":"PN","Value":[{"Alphabetic":"Ärzte^Zoë"}]})"));
  EXPECT_EQ(header["00280030"], Json::parse(R"({"vr":"DS","Value":[0.7,0.6]})"));
  EXPECT_EQ(header["00200032"]["Value"][2], 2.5);
  EXPECT_FALSE(header.contains("00020010")) << "the meta group is not part of the model";
  EXPECT_FALSE(header["7FE00010"].contains("InlineBinary"));
  EXPECT_EQ(Json::parse(web.get(study_path(first) + "/metadata").body), rows);
  EXPECT_EQ(Json::parse(web.get(instance_path(first) + "/metadata").body)[0], rows[0]);
}

TEST_F(DicomWebOfSlices, GivesTheStoredValuesOfAFrame) {
  const std::string bytes = little_endian(tests::slice_pixels(0));
  const HttpResponse single =
      web.get(instance_path(first) + "/frames/1", {{"Accept", "application/octet-stream"}});
  EXPECT_EQ(single.status, 200);
  EXPECT_EQ(single.body, bytes);
  EXPECT_EQ(single.headers.at("Content-Type"),
            "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1");

  for (
      const char* accept :
      {R"(multipart/related; type="application/octet-stream")",
       R"(multipart/related; type=application/octet-stream; transfer-syntax=*)",
       R"(Multipart/Related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1)",
       "*/*", ""}) {
    SCOPED_TRACE(accept);
    const HttpResponse answer = web.get(instance_path(first) + "/frames/1", {{"Accept", accept}});
    ASSERT_EQ(answer.status, 200);
    const std::string& type = answer.headers.at("Content-Type");
    const std::string boundary = type.substr(type.find("boundary=") + 9);
    EXPECT_TRUE(answer.body.starts_with("--" + boundary + "\r\n"));
    EXPECT_TRUE(answer.body.ends_with(bytes + "\r\n--" + boundary + "--\r\n"));
  }
}

TEST_F(DicomWebOfSlices, GivesTheFileAsItCame) {
  const tests::TempFolder folder;
  const std::string file = tests::read_text(tests::write_slice(folder.path(), 0));
  const HttpResponse answer = web.get(instance_path(first), {{"Accept", "application/dicom"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, file);
  EXPECT_EQ(web.get(instance_path(first),
                    {{"Accept", "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90"}})
                .status,
            406);
}

TEST_F(DicomWebOfSlices, AnswersNotModifiedToWhoHasTheFrame) {
  const std::string path = instance_path(first) + "/frames/1";
  const std::string etag = web.get(path).headers.at("ETag");
  const HttpResponse again = web.get(path, {{"If-None-Match", etag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

/// Grey levels of a PNG.
std::vector<std::uint8_t> grey_levels(const std::string& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0)
    throw std::runtime_error("not a PNG");
  image.format = PNG_FORMAT_GRAY;
  std::vector<std::uint8_t> levels(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, levels.data(), 0, nullptr) == 0)
    throw std::runtime_error("a broken PNG");
  return levels;
}

TEST_F(DicomWebOfSlices, RendersAWindowAsTheStandardSays) {
  const HttpResponse answer = web.get(instance_path(first) + "/rendered", {{"Accept", "image/png"}},
                                      {{"window", "40,400"}});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "image/png");
  const auto levels = grey_levels(answer.body);
  const auto pixels = tests::slice_pixels(0);
  ASSERT_EQ(levels.size(), pixels.size());
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    // PS3.3 C.11.2.1.2.1: c - 0.5, w - 1.
    const double level = ((pixels[i] - 1024.0 - 39.5) / 399 + 0.5) * 255;
    EXPECT_NEAR(levels[i], std::clamp(level, 0.0, 255.0), 0.51) << i;
  }
}

TEST_F(DicomWebOfSlices, RefusesWhatItCannotGive) {
  const std::string frame = instance_path(first) + "/frames/1";
  for (
      const char* accept :
      {"text/html", "image/jpeg", "application/dicom", "application/octet-stream;q=0",
       R"(multipart/related; type="image/jp2")",
       R"(multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.4.50)"})
    EXPECT_EQ(web.get(frame, {{"Accept", accept}}).status, 406) << accept;
  EXPECT_EQ(web.get(instance_path(first) + "/rendered", {{"Accept", "image/jpeg"}}).status, 406);
  EXPECT_EQ(web.get(series_path(first) + "/metadata", {{"Accept", "application/dicom+xml"}}).status,
            406);
  EXPECT_EQ(web.get(study_path(first) + "/series", {{"Accept", "text/html"}}).status, 406);
  for (const char* window : {"", "40", "40,0", "40,-1", "a,b", "40,400,sigmoid", "nan,400",
                             "40,inf", "1e300,400", "40,400,linear,"})
    EXPECT_EQ(web.get(instance_path(first) + "/rendered", {}, {{"window", window}}).status, 400)
        << window;
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    const HttpResponse answer = web.send(method, study_path(first) + "/series");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD");
  }
}

TEST_F(DicomWebOfSlices, AnswersUnknownThingsWithNotFound) {
  const std::string instance = instance_path(first);
  for (const std::string& path :
       {std::string("/studies/1.2.3/series"), std::string("/studies/1.2.3/metadata"),
        study_path(first) + "/series/1.2.3/metadata", study_path(first) + "/series/1.2.3/instances",
        series_path(first) + "/instances/1.2.3/frames/1", series_path(first) + "/instances/1.2.3",
        instance + "/frames/2", instance + "/frames/4294967295", instance + "/frames",
        instance + "/nothing", instance + "/frames/1/nothing", study_path(first),
        study_path(first) + "/nothing", std::string("/patients"), std::string(), std::string("/")})
    EXPECT_EQ(web.get(path).status, 404) << path;
}

TEST_F(DicomWebOfSlices, RefusesHostileIdentitiesAndFrameNumbers) {
  const std::string instance = instance_path(first);
  for (const std::string number :
       {"0", "-1", "+1", "01x", "1,2", "1.0", "a", "99999999999999999999", "1'--", " 1", "0x1"})
    EXPECT_EQ(web.get(instance + "/frames/" + number).status, 400) << number;
  for (const std::string& uid : {std::string("..") + "\\..", std::string("1.2.'; DROP TABLE study"),
                                 std::string("1..2"), std::string(65, '1'), std::string("%2e%2e"),
                                 std::string("1.2.3\0x", 7), std::string("ä")}) {
    EXPECT_EQ(web.get("/studies/" + uid + "/series").status, 400) << uid;
    EXPECT_EQ(web.get(study_path(first) + "/series/" + uid + "/metadata").status, 400) << uid;
    EXPECT_EQ(web.get(series_path(first) + "/instances/" + uid).status, 400) << uid;
  }
}

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

struct ZooRow {
  std::string path, syntax, photometric, hash;
};

std::vector<ZooRow> zoo(const std::filesystem::path& corpus) {
  std::ifstream table(corpus / "zoo" / "PIXELS.tsv");
  std::vector<ZooRow> rows;
  for (std::string line; std::getline(table, line);) {
    std::vector<std::string> cells;
    std::istringstream cut(line);
    for (std::string cell; std::getline(cut, cell, '\t');) cells.push_back(cell);
    if (cells.size() >= 11 && cells[10].size() == 64 && cells[4] == "1")
      rows.push_back({cells[0], cells[1], cells[8], cells[10]});
  }
  return rows;
}

TEST(DicomWebFrames, OfEveryNegotiatedSyntaxAreTheKnownStoredValues) {
  const auto corpus = tests::corpus();
  if (corpus.empty()) GTEST_SKIP() << "no corpus: set TOMOSCRIBE_DATA";
  const Codecs codecs;
  int exact = 0;
  for (const ZooRow& row : zoo(corpus)) {
    SCOPED_TRACE(row.path);
    Web web;  // the zoo's files share their UIDs
    std::optional<InstanceHeader> header;
    try {
      header = web.add(corpus / row.path);
    } catch (const std::exception&) {
      continue;  // never gets in
    }
    const HttpResponse answer =
        web.get(instance_path(*header) + "/frames/1", {{"Accept", "application/octet-stream"}});
    if (answer.status == 200 && row.photometric.starts_with("MONOCHROME")) {
      EXPECT_EQ(sha256(answer.body).str(), row.hash);
      ++exact;
      EXPECT_EQ(web.get(instance_path(*header) + "/rendered").status, 200);
    } else if (answer.status != 200) {
      EXPECT_EQ(answer.status, 406) << answer.body;
      EXPECT_FALSE(answer.body.empty());
    }
  }
  EXPECT_GE(exact, 20);
}

TEST(DicomWebFrames, OfAMultiframeImageComeOneByOne) {
  const auto corpus = tests::corpus();
  const auto file = corpus / "enhanced" / "legacy_enhanced_ct_a0001.dcm";
  if (corpus.empty() || !std::filesystem::exists(file))
    GTEST_SKIP() << "no corpus: set TOMOSCRIBE_DATA";
  Web web;
  const InstanceHeader header = web.add(file);
  const auto frames = read_frames(file);
  for (const std::size_t n : {std::size_t{1}, std::size_t{7}, frames.size()}) {
    const std::string path = instance_path(header) + "/frames/" + std::to_string(n);
    const std::string bytes = web.get(path, {{"Accept", "application/octet-stream"}}).body;
    ASSERT_EQ(bytes.size(), frames[n - 1].values.size() * 2);
    for (std::size_t i = 0; i < frames[n - 1].values.size(); i += 997)
      EXPECT_EQ(static_cast<unsigned char>(bytes[2 * i]), frames[n - 1].values[i] & 0xFF);
  }
  EXPECT_EQ(web.get(instance_path(header) + "/frames/" + std::to_string(frames.size() + 1)).status,
            404);
}

TEST(DicomWebFrames, OfHostileFilesAreAnsweredPlainly) {
  const auto corpus = tests::corpus();
  if (corpus.empty()) GTEST_SKIP() << "no corpus: set TOMOSCRIBE_DATA";
  const tests::TempFolder folder;
  ASSERT_EQ(tests::run("tar -xJf " + (corpus / "malformed" / "mutations.tar.xz").string() + " -C " +
                       folder.path().string())
                .status,
            0);
  const Codecs codecs;
  auto files = tests::files_under(folder.path());
  for (const auto& file : tests::files_under(corpus / "malformed" / "real")) files.push_back(file);
  int tried = 0;
  for (const auto& file : files) {
    SCOPED_TRACE(file.filename().string());
    Web web;
    std::optional<InstanceHeader> header;
    try {
      header = web.add(file);
    } catch (const Malformed&) {
      continue;
    }
    ++tried;
    for (const char* what : {"/frames/1", "/rendered", "/metadata", ""}) {
      const HttpResponse answer = web.get(instance_path(*header) + what);
      EXPECT_TRUE(answer.status == 200 || answer.status == 404 || answer.status == 406)
          << what << ": " << answer.status << ' ' << answer.body;
      if (answer.status == 200 && std::string(what) == "/metadata") {
        EXPECT_TRUE(Json::accept(answer.body));
      }
    }
  }
  EXPECT_GT(tried, 30);
}

}  // namespace
}  // namespace tomoscribe::dicom
