// analyse_folder DIR [OUT]: runs analyse() on a folder and prints one line a finding, the time and
// the memory. What `tomoscribe report` does, without faces: for measuring.
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

#include "dicom/pixels.h"
#include "pipeline/analyse.h"

namespace tomoscribe::pipeline {
namespace {

void print(const reporting::Finding& finding) {
  std::printf("  %s %s\n", finding.id.c_str(), finding.not_assessed.c_str());
  for (const auto& m : finding.measurements) {
    std::printf("    %s %s +- %.1f", m.id.c_str(), reporting::value_text(m).c_str(),
                m.uncertainty.value_or(0));
    if (!m.not_assessed.empty()) std::printf(" [%s]", m.not_assessed.c_str());
    for (const auto& condition : m.conditions) std::printf(" | %s", condition.c_str());
    std::printf("\n");
  }
  for (const auto& e : finding.evidence)
    if (e.point_mm)
      std::printf("    at %.0f %.0f %.0f, %zu outlines\n", (*e.point_mm)[0], (*e.point_mm)[1],
                  (*e.point_mm)[2], e.regions.size());
}

void print(const reporting::ReportVersion& version) {
  for (const auto& series : version.study.series)
    std::printf("  series %d %s: %s\n", series.number.value_or(-1), series.modality.c_str(),
                series.reason.c_str());
  std::printf("  part: %s; %s\n", version.study.body_part.c_str(),
              version.study.procedure.meaning.c_str());
  for (const auto& step : version.provenance.steps) std::printf("  step: %s\n", step.c_str());
  for (const auto& finding : version.findings) print(finding);
  for (const auto& fault : reporting::faults(version)) std::printf("  FAULT %s\n", fault.c_str());
}

int analyse_folder(int argc, char** argv) {
  if (argc < 2) return 2;
  const dicom::Codecs codecs;
  StudyFiles study;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1]))
    if (entry.is_regular_file()) study.files.push_back(entry.path());
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto outcome = analyse(
      study, {.now = {}, .code_version = "trial"}, [&](const std::string& stage, double share) {
        if (argc > 3) std::printf("  %5.1f s %3.0f %% %s\n", seconds(), share * 100, stage.c_str());
      });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%s: %.1f s, %ld MiB\n", argv[1], seconds(), usage.ru_maxrss / 1024);
  if (const auto* fault = std::get_if<Unsuitable>(&outcome)) {
    std::printf("  unsuitable: %s\n", fault->reason.c_str());
    return 3;
  }
  const auto& result = std::get<AnalysedStudy>(outcome);
  print(result.version);
  if (argc > 2)
    for (const auto& blob : result.blobs)
      std::ofstream(std::filesystem::path(argv[2]) / blob.name, std::ios::binary) << blob.bytes;
  return 0;
}

}  // namespace
}  // namespace tomoscribe::pipeline

int main(int argc, char** argv) {
  try {
    return tomoscribe::pipeline::analyse_folder(argc, argv);
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "analyse_folder: %s\n", fault.what());
    return 1;
  }
}
