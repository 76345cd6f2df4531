#include "pipeline/clock.h"

#include <cstdlib>
#include <ctime>

namespace tomoscribe::pipeline {

dicom::Moment now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  localtime_r(&seconds, &local);
  return {.utc = std::chrono::sys_seconds(std::chrono::seconds(seconds)),
          .offset = std::chrono::minutes(local.tm_gmtoff / 60)};
}

void set_timezone(const std::string& zone) {
  if (!zone.empty()) setenv("TZ", zone.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no thread yet
  tzset();
}

std::string code_version() {
  return TOMOSCRIBE_VERSION;
}

}  // namespace tomoscribe::pipeline
