#include "pipeline/series/read_headers.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace tomoscribe::pipeline {

std::string counted_words(int count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::vector<std::string> why_unreadable(const Headers& headers) {
  std::vector<std::string> sentences;
  for (const auto& [reason, count] : headers.unreadable)
    sentences.push_back(counted_words(count, "file", "files") + " left out: " + reason);
  return sentences;
}

Headers read_headers(const StudyFiles& study, const std::function<void(double)>& each) {
  Headers headers;
  std::set<dicom::BlobId> seen;
  std::vector<std::pair<InstanceFile, dicom::BlobId>> read;
  for (std::size_t i = 0; i < study.files.size(); ++i) {
    if (i % 32 == 0) each(static_cast<double>(i) / static_cast<double>(study.files.size()));
    try {
      InstanceFile file{study.files[i], dicom::read_header(study.files[i])};
      dicom::BlobId hash = dicom::sha256_of_file(study.files[i]);
      if (!seen.insert(hash).second)
        ++headers.copies;
      else
        read.emplace_back(std::move(file), std::move(hash));
    } catch (const dicom::Malformed& fault) {
      ++headers.unreadable[fault.what()];
    }
  }
  std::ranges::sort(read, [](const auto& a, const auto& b) {
    const auto key = [](const auto& entry) {
      const dicom::InstanceHeader& header = entry.first.header;
      return std::tie(header.series, header.sop_instance, entry.second);
    };
    return key(a) < key(b);
  });
  for (auto& [file, hash] : read) {
    headers.instances.push_back(std::move(file));
    headers.hashes.push_back(std::move(hash));
  }
  return headers;
}

void add_images_read(const Headers& headers, const SeriesSlices& slices,
                     std::vector<dicom::BlobId>& images) {
  std::set<std::size_t> used;
  for (const std::size_t source : slices.stack.order) {
    const std::size_t instance = slices.frames[source].instance;
    if (used.insert(instance).second) images.push_back(headers.hashes[instance]);
  }
}

}  // namespace tomoscribe::pipeline
