// QIDO-RS and WADO-RS over our own writer's slices: what is given, what is refused.

#include <algorithm>
#include <cstdint>
#include <png.h>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/dicom/dicomweb_fixture.h"
#include "tests/dicom/slices.h"

namespace tomoscribe::dicom {
namespace {

using Json = nlohmann::json;

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

}  // namespace
}  // namespace tomoscribe::dicom
