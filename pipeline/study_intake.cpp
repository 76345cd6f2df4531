#include "pipeline/study_intake.h"

#include <unistd.h>

#include "pipeline/failure.h"

namespace tomoscribe::pipeline {
namespace {

void remove_quietly(const std::filesystem::path& path) {
  std::error_code ignored;  // a file left behind costs space only, and the next start removes it
  std::filesystem::remove_all(path, ignored);
}

}  // namespace

Spool::Spool(const std::filesystem::path& parent) {
  make_folder(parent, std::filesystem::perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(parent)) {
    std::error_code ignored;
    if (!entry.is_directory(ignored)) continue;
    if (FileLock::take(entry.path() / "lock")) remove_quietly(entry.path());
  }
  std::string name = (parent / "gateway-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make a spool folder in " + parent.string());
  folder_ = name;
  lock_ = FileLock::take(folder_ / "lock");
}

Spool::~Spool() {
  remove_quietly(folder_);
}

dicom::Stored StudyIntake::keep(const dicom::ReceivedInstance& instance) {
  if (records_.holds(instance.header.sop_instance, instance.content_hash)) {
    remove_quietly(instance.spool_file);
    return dicom::Stored::already_held;
  }
  blobs_.adopt(instance.spool_file, instance.file_hash);
  return records_.record(instance);
}

dicom::Stored StudyIntake::accept(const dicom::ReceivedInstance& instance) {
  try {
    const dicom::Stored result = keep(instance);
    if (result == dicom::Stored::conflict || result == dicom::Stored::header_version)
      log_.warn(result == dicom::Stored::conflict ? "instance quarantined"
                                                  : "instance differs in its header",
                {{"association", instance.association},
                 {"study", instance.header.study},
                 {"instance", instance.header.sop_instance},
                 {"file", instance.file_hash}});
    return result;
  } catch (const db::Unavailable&) {
    remove_quietly(instance.spool_file);
    throw dicom::OutOfResources("the database is not available");
  } catch (const std::exception& fault) {
    remove_quietly(instance.spool_file);
    if (is_ours(fault)) throw;
    throw std::runtime_error(loggable(fault));  // the intake logs what() as it is
  }
}

void StudyIntake::association_ended(const dicom::AeTitle& calling,
                                    const std::vector<dicom::StudyUid>& studies) {
  try {
    records_.association_ended(calling, studies);
  } catch (const std::exception& fault) {
    // Every stored instance has moved its study's due time already.
    log_.warn("quiet period not moved", {{"calling", calling}, {"reason", loggable(fault)}});
  }
}

}  // namespace tomoscribe::pipeline
