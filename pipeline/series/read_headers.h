#pragma once
// The headers of a study's files, before anything is chosen.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dicom/blob_store.h"
#include "pipeline/series/select_series.h"

namespace tomoscribe::pipeline {

struct Headers {
  std::vector<InstanceFile> instances;
  std::vector<dicom::BlobId> hashes;      ///< of each instance
  std::map<std::string, int> unreadable;  ///< how many files for each reason
  int copies = 0;
};

/// Reads every header. Files that cannot be read are counted by reason; exact copies are dropped.
/// The order of the result depends on the contents alone, not on file names.
/// `each` is called now and then with the share of the files that were read; what it throws ends
/// the reading.
Headers read_headers(const StudyFiles& study, const std::function<void(double)>& each);

/// "1 file", "3 files".
std::string counted_words(int count, const std::string& one, const std::string& many);

/// "3 files left out: no DICOM data set", a sentence for each reason.
std::vector<std::string> why_unreadable(const Headers& headers);

/// Adds the hashes of the images of a series that is read, in its order.
void add_images_read(const Headers& headers, const SeriesSlices& slices,
                     std::vector<dicom::BlobId>& images);

}  // namespace tomoscribe::pipeline
