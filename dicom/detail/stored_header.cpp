#include "dicom/detail/stored_header.h"

#include <algorithm>
#include <exception>
#include <thread>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "dicom/detail/dicom_json.h"
#include "dicom/detail/open_file.h"
#include "dicom/identity.h"

namespace tomoscribe::dicom::detail {
namespace {

/// The header of one file as DICOM JSON. Values over 4 KiB stay in the file until somebody asks, so
/// pixels are not loaded.
std::string file_metadata(const std::filesystem::path& file) {
  return dicom_json(*open_file(file, true)->getDataset());
}

}  // namespace

std::string metadata_of(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> rows(files.size());
  const std::size_t crew = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  std::vector<std::exception_ptr> failures(crew);
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < std::min(crew, files.size()); ++k) {
      threads.emplace_back([&, k] {
        try {
          for (std::size_t i = k; i < files.size(); i += crew) rows[i] = file_metadata(files[i]);
        } catch (...) {
          failures[k] = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return json_array(rows);
}

std::string stored_syntax(const std::filesystem::path& file) {
  DcmMetaInfo meta;
  OFString syntax;
  if (meta.loadFile(file.c_str()).bad() ||
      meta.findAndGetOFString(DCM_TransferSyntaxUID, syntax).bad())
    throw Malformed("the stored file cannot be read");
  return syntax;
}

}  // namespace tomoscribe::dicom::detail
