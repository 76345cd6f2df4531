#pragma once
// The files of a folder as an InstanceIndex: what db knows, without a database. Header-only.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "dicom/blob_store.h"
#include "dicom/dicomweb.h"
#include "dicom/instance_header.h"
#include "tests/support/files.h"

namespace tomoscribe::tests {

class FolderIndex : public dicom::InstanceIndex {
 public:
  explicit FolderIndex(const dicom::BlobStore& blobs) : blobs_(blobs) {}

  /// Puts the file into the store and knows it from then on. \throws dicom::Malformed.
  dicom::InstanceHeader add(const std::filesystem::path& file) {
    dicom::InstanceHeader header = dicom::read_header(file);
    const auto hash = blobs_.put(read_text(file));
    rows_.push_back(
        {header.study,
         {header.series, header.modality, header.series_description, header.series_number, 0},
         {header.sop_instance, header.sop_class, header.instance_number, header.rows,
          header.columns, header.frames, hash}});
    std::ranges::stable_sort(rows_, {}, [](const Row& row) { return row.instance.number; });
    return header;
  }
  void add_folder(const std::filesystem::path& folder) {
    for (const auto& file : files_under(folder)) add(file);
  }

  bool has_study(const dicom::StudyUid& study) override {
    return std::ranges::find(rows_, study, &Row::study) != rows_.end();
  }
  std::vector<dicom::IndexedSeries> series(const dicom::StudyUid& study) override {
    std::vector<dicom::IndexedSeries> found;
    for (const Row& row : rows_) {
      if (row.study != study) continue;
      auto at = std::ranges::find(found, row.series.uid, &dicom::IndexedSeries::uid);
      if (at == found.end()) at = found.insert(at, row.series);
      ++at->instances;
    }
    return found;
  }
  std::vector<dicom::IndexedInstance> instances(const dicom::StudyUid& study,
                                                const dicom::SeriesUid& series) override {
    std::vector<dicom::IndexedInstance> found;
    for (const Row& row : rows_)
      if (row.study == study && row.series.uid == series) found.push_back(row.instance);
    return found;
  }

 private:
  struct Row {
    dicom::StudyUid study;
    dicom::IndexedSeries series;
    dicom::IndexedInstance instance;
  };
  const dicom::BlobStore& blobs_;
  std::vector<Row> rows_;
};

}  // namespace tomoscribe::tests
