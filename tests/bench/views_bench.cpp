// How long the packet of a chest takes: views_bench [SLICES]. A phantom of 512 x 512 x SLICES (300)
// and 12 candidates; the plan of several budgets, drawn on one core, best of three. Prints Markdown
// rows for docs/model.md.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "model/phantom/phantom.h"
#include "model/views/plan.h"
#include "model/views/render.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace model = tomoscribe::model;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Rule {
  const char* name;
  model::ImageRule rule;
};

void row(const model::CtVolume& volume, const model::PlanRequest& request, const char* name) {
  const auto begin = Clock::now();
  const model::ViewPlan plan = model::plan_views(request);
  const double plan_s = seconds_since(begin);
  double render_s = 1e9;
  for (int round = 0; round < 3; ++round) {
    const auto start = Clock::now();
    for (const model::View& view : plan.views) model::render(volume, view);
    render_s = std::min(render_s, seconds_since(start));
  }
  int large = 0, small = 0, crops = 0, scout_px = 0;
  for (const model::View& view : plan.views) {
    if (view.kind == model::ViewKind::scout) scout_px = view.width;
    if (view.kind == model::ViewKind::systematic) ++(view.width > 400 ? large : small);
    if (view.kind == model::ViewKind::candidate || view.kind == model::ViewKind::control) ++crops;
  }
  std::printf("| %s | %ld | %ld | %d | %d | %d | %d | %.0f of %.0f mm | %.1f ms | %.2f s |\n", name,
              static_cast<long>(request.budget_tokens), static_cast<long>(plan.tokens), scout_px,
              large, small, crops, plan.axial_mm, plan.region_mm, plan_s * 1000, render_s);
}

int run(int slices) {
  model::phantom::Settings settings;
  settings.slices = slices;
  settings.slice_mm = 350.0 / slices;
  const auto chest = model::phantom::thorax(settings);
  model::PlanRequest request;
  request.geometry = {
      .size = {settings.columns, settings.rows, settings.slices},
      .origin_mm = chest.first_voxel_mm,
      .step_mm = {
          {{settings.pixel_mm, 0, 0}, {0, settings.pixel_mm, 0}, {0, 0, settings.slice_mm}}}};
  request.regions = {{.region = model::Region::chest, .z_mm = {}}};
  for (int i = 0; i < 12; ++i) {
    const double part = (i + 0.5) / 12;
    request.candidates.push_back(
        {.id = "c" + std::to_string(i + 1),
         .box = {.centre_mm =
                     model::point_mm(request.geometry, {100 + 300 * part, 220, slices * part}),
                 .size_mm = {10, 10, 10}},
         .weight = 1 - part});
  }
  request.text_tokens = [](const std::string& text) {  // about what Tekken makes of captions
    return static_cast<std::int64_t>(text.size() * 2 / 5 + 1);
  };
  const model::CtVolume volume{request.geometry, chest.hu.data(), chest.hu.size()};
  std::puts(
      "| model | budget | used | scout px | slabs of 512 | of 256 | close looks | in axial tiles "
      "| plan | drawing |\n|---|---|---|---|---|---|---|---|---|---|");
  const Rule pixtral{"Pixtral-12B", {.patch = 16, .longest_edge = 1024, .spatial_merge = 1}},
      mistral{"Mistral-Small-3.1", {.patch = 14, .longest_edge = 1540, .spatial_merge = 2}};
  for (const Rule& rule : {pixtral, mistral})
    for (const long budget : {1700L, 4000L, 10'000L, 20'000L, 39'000L, 80'000L}) {
      request.rule = rule.rule;
      request.budget_tokens = budget;
      row(volume, request, rule.name);
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? std::stoi(argv[1]) : 300);
  } catch (const std::exception& reason) {
    std::cerr << reason.what() << "\n";
    return 1;
  }
}
