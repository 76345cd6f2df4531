#include "pipeline/failure.h"

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <system_error>
#include <typeinfo>

#include "db/database.h"
#include "dicom/blob_store.h"
#include "dicom/identity.h"
#include "pipeline/config.h"
#include "reporting/report_store.h"

namespace tomoscribe::pipeline {
namespace {

template <class... Known>
bool is_one_of(const std::exception& fault) {
  return ((dynamic_cast<const Known*>(&fault) != nullptr) || ...);
}

}  // namespace

bool is_ours(const std::exception& fault) {
  return is_one_of<db::Unavailable, db::Fenced, dicom::Malformed, dicom::OutOfResources,
                   ConfigError, reporting::Conflict, std::system_error>(fault);
}

std::string loggable(const std::exception& fault) {
  if (is_ours(fault)) return fault.what();
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(fault).name(), nullptr, nullptr, &status), &std::free);
  return "unexpected " + std::string(name ? name.get() : typeid(fault).name());
}

}  // namespace tomoscribe::pipeline
