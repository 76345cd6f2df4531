#pragma once
// The part of DICOMweb that a viewer needs: QIDO-RS and WADO-RS over instances somebody else
// indexes.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dicom/blob_store.h"
#include "dicom/http_message.h"
#include "dicom/identity.h"

namespace tomoscribe::dicom {

struct IndexedSeries {
  SeriesUid uid;
  std::string modality, description;
  std::optional<int> number;
  int instances = 0;
};

struct IndexedInstance {
  SopInstanceUid uid;
  std::string sop_class;
  std::optional<int> number;
  int rows = 0, columns = 0, frames = 0;
  BlobId file_hash;
};

/// Which instances there are and where; declared here, implemented by db. Thread-safe.
class InstanceIndex {
 public:
  virtual ~InstanceIndex() = default;
  virtual bool has_study(const StudyUid& study) = 0;
  virtual std::vector<IndexedSeries> series(const StudyUid& study) = 0;
  /// Instances in force (quarantined ones and superseded header versions are left out), by number,
  /// then UID.
  virtual std::vector<IndexedInstance> instances(const StudyUid& study,
                                                 const SeriesUid& series) = 0;
};

/// Handler for /dicom-web/…: series, instances, metadata, frames (decoded, Explicit LE),
/// instances, rendered. PS3.18 10.4 (WADO-RS), 10.6 (QIDO-RS), PS3.18 F (JSON). `index` and `blobs`
/// must outlive the handler.
HttpHandler dicomweb_handler(InstanceIndex& index, const BlobStore& blobs);

}  // namespace tomoscribe::dicom
