// stage_bench FOLDER: seconds of each stage of the analysis on one series, as lines "stage <tab>
// wall <tab> cpu"; stage_bench.py runs the same steps in SimpleITK and SciPy and puts them beside
// it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "dicom/pixels.h"
#include "pipeline/measure/chest/lung_space.h"
#include "pipeline/measure/chest/nodule_spots.h"
#include "pipeline/measure/measure.h"
#include "pipeline/series/load_volume.h"
#include "pipeline/series/select_series.h"

namespace {

using namespace tomoscribe;            // NOLINT(google-build-using-namespace): one program
using namespace tomoscribe::pipeline;  // NOLINT(google-build-using-namespace): one program

/// Prints what `work` took, and gives what it made.
template <class Work>
auto timed(const std::string& stage, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();  // of all threads
  auto made = work();
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s\t%.3f\t%.3f\n", stage.c_str(), wall,
              static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  return made;
}

Volume loaded(const std::filesystem::path& folder) {
  std::vector<InstanceFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".dcm") continue;
    files.push_back({entry.path(), dicom::read_header(entry.path())});
  }
  auto chosen = select_series(files);
  if (const auto* fault = std::get_if<Unsuitable>(&chosen)) throw std::runtime_error(fault->reason);
  auto volume = load_volume(files, std::get<SeriesChoice>(chosen).main, {});
  if (const auto* fault = std::get_if<Unsuitable>(&volume)) throw std::runtime_error(fault->reason);
  return std::move(std::get<Volume>(volume));
}

/// The steps that SimpleITK and SciPy have too.
void filters_of(const GridImage& work) {
  timed("smoothing, 1.5 mm", [&] { return smoothed(work, 1.5); });
  measure::Mask body(work.hu.size());
  std::ranges::transform(work.hu, body.begin(), [](std::int16_t hu) { return hu > -400 ? 1 : 0; });
  timed("signed distance", [&] { return measure::depth_mm(body, work.grid); });
  timed("components", [&] { return measure::components(body, work.grid, 100); });
  timed("holes by slice", [&] {
    measure::Mask filled = body;
    measure::fill_holes_by_slice(filled, work.grid);
    return filled;
  });
}

int bench(const std::filesystem::path& folder) {
  const dicom::Codecs codecs;
  const Volume volume = timed("headers, decode, stack", [&] { return loaded(folder); });
  measure::Scene scene = timed("resample to 1.5 mm", [&] { return measure::make_scene(volume); });
  filters_of(scene.work);
  measure::Findings findings;
  for (const auto& step : measure::steps()) {
    if (std::string(step.name) == "nodules")
      timed("nodule filter, 7 scales",
            [&] { return measure::round_spots(scene, measure::lung_space(scene, 15)); });
    timed(std::string("step: ") + step.name, [&] { return step.run(scene, findings), 0; });
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2) return bench(argv[1]);
  std::fprintf(stderr, "stage_bench FOLDER\n");
  return 2;
} catch (const std::exception& why) {
  std::fprintf(stderr, "stage_bench: %s\n", why.what());
  return 1;
}
