// Frames of the transfer syntax zoo, of a multiframe image and of the hostile files.

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dicom/pixels.h"
#include "tests/dicom/dicomweb_fixture.h"

namespace tomoscribe::dicom {
namespace {

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
        EXPECT_TRUE(nlohmann::json::accept(answer.body));
      }
    }
  }
  EXPECT_GT(tried, 30);
}

}  // namespace
}  // namespace tomoscribe::dicom
