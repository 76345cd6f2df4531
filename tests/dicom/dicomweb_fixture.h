#pragma once
// DICOMweb over a store and an index, asked without a web server. Header-only.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dicom/dicomweb.h"
#include "dicom/instance_header.h"
#include "tests/support/files.h"
#include "tests/support/folder_index.h"

namespace tomoscribe::dicom {

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

inline std::string study_path(const InstanceHeader& header) {
  return "/studies/" + header.study.str();
}
inline std::string series_path(const InstanceHeader& header) {
  return study_path(header) + "/series/" + header.series.str();
}
inline std::string instance_path(const InstanceHeader& header) {
  return series_path(header) + "/instances/" + header.sop_instance.str();
}

}  // namespace tomoscribe::dicom
