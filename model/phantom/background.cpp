#include "model/phantom/background.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <stdexcept>

#include "model/phantom/detail/field.h"
#include "model/phantom/detail/finding_book.h"
#include "model/phantom/detail/inserter.h"
#include "model/phantom/detail/nodule_shapes.h"
#include "model/phantom/detail/texture.h"

namespace tomoscribe::model::phantom {

namespace {

constexpr std::uint64_t first_stream = 1000, streams_each = 10;

bool is_ball(Kind kind) {
  return kind == Kind::nodule || kind == Kind::granuloma || kind == Kind::mass;
}

bool is_region(Kind kind) {
  return kind == Kind::consolidation || kind == Kind::ground_glass || kind == Kind::effusion ||
         kind == Kind::loculated_effusion || kind == Kind::pneumothorax;
}

/// Everything to be inserted, placed.
struct Inserted {
  std::vector<Region> regions;
  std::vector<Tube> bronchi, spicules;
  std::vector<Ball> balls;
};

class Placer {
 public:
  Placer(const Settings& settings, RealLungs& lungs, Plan& plan)
      : settings_(settings), lungs_(lungs), plan_(plan) {
    std::map<Kind, int> numbers;
    std::uint64_t stream = first_stream;
    for (const Finding& finding : settings.findings) {
      add(finding, ++numbers[finding.kind], stream);
      stream += streams_each;
    }
  }
  const Inserted& inserted() const { return inserted_; }

 private:
  void add(const Finding& finding, int number, std::uint64_t stream) {
    const double now = size_now(settings_, finding);
    Truth truth = finding_truth(settings_, finding, number);
    const bool placed = is_ball(finding.kind) ? add_ball(finding, now, stream, truth)
                                              : add_region(finding, now, stream, truth);
    if (!placed && now > 0) plan_.missing.push_back(truth.name);
  }

  std::uint8_t claim(const Truth& truth) {
    plan_.findings.push_back(truth);
    return static_cast<std::uint8_t>(plan_.findings.size());
  }

  bool add_ball(const Finding& finding, double now, std::uint64_t stream, Truth& truth) {
    Counter random(settings_.seed, stream);
    const double place = size_at_place(settings_, finding) / 2, radius = now / 2;
    const Density density = finding.kind == Kind::granuloma ? Density::calcified : finding.density;
    const bool mass = finding.kind == Kind::mass, pleural = density == Density::juxtapleural;
    std::optional<bool> left;
    if (finding.side != Side::any) left = finding.side == Side::left;
    const auto seat =
        lungs_.seat(random, left, pleural ? 0.25 * place : (mass ? 0.6 * place : place + 2),
                    pleural ? 0.7 * place : 1e9, mass || pleural ? 0 : place);
    if (!seat) return false;
    if (now <= 0) return true;
    truth.side = side_word(seat->left);
    truth.density = mass ? "solid" : density_word(density);
    const std::uint8_t owner = claim(truth);
    const auto balls = mass ? mass_balls(seat->scanner, radius, settings_.seed, stream, owner)
                            : nodule_balls(seat->scanner, radius, density, owner);
    inserted_.balls.insert(inserted_.balls.end(), balls.begin(), balls.end());
    if (density != Density::spiculated) return true;
    const auto rays = spicules_of(seat->scanner, radius, settings_.seed, stream, owner);
    inserted_.spicules.insert(inserted_.spicules.end(), rays.begin(), rays.end());
    return true;
  }

  static Region region_of(Kind kind, const LungSpace& space, bool left, std::uint64_t seed,
                          std::uint64_t stream) {
    switch (kind) {
      case Kind::consolidation: return consolidation(space, left, seed, stream);
      case Kind::ground_glass: return ground_glass(space, left, seed, stream);
      case Kind::effusion: return effusion(left, down_of(Lying::supine));
      case Kind::loculated_effusion: return loculated_effusion(space, left, seed, stream);
      default: return pneumothorax(left, down_of(Lying::supine));
    }
  }

  bool add_region(const Finding& finding, double now, std::uint64_t stream, Truth& truth) {
    const bool left = finding.side == Side::any
                          ? Counter(settings_.seed, stream + 5).uniform() < 0.5
                          : finding.side == Side::left;
    LungSpace& space = lungs_.space(left);
    Region region = region_of(finding.kind, space, left, settings_.seed, stream);
    const auto reserved = space.level_for(region.potential, size_at_place(settings_, finding));
    const auto level = space.level_for(region.potential, now);
    if (!reserved || (now > 0 && !level)) return false;
    if (level) {
      region.level = *level;
      truth.side = side_word(left);
      region.owner = claim(truth);
      inserted_.regions.push_back(region);
      if (finding.kind == Kind::consolidation) {
        const auto tubes = air_bronchograms([&](const Point& p) { return lungs_.to_scanner(p); },
                                            space, region, settings_.seed, stream);
        inserted_.bronchi.insert(inserted_.bronchi.end(), tubes.begin(), tubes.end());
      }
    }
    space.take(region.potential, *reserved);
    return true;
  }

  const Settings& settings_;
  RealLungs& lungs_;
  Plan& plan_;
  Inserted inserted_;
};

/// Paints what was placed over one slice of the background after another.
class Painting {
 public:
  Painting(const Background& background, const RealLungs& lungs, const Inserted& inserted,
           std::uint64_t seed)
      : background_(background),
        lungs_(lungs),
        inserted_(inserted),
        seed_(seed),
        pixels_(static_cast<std::size_t>(background.columns) *
                static_cast<std::size_t>(background.rows)),
        texture_(background.columns, background.rows, background.pixel_mm, background.slice_mm,
                 seed),
        blur_(background.columns, background.rows, 0.85 / background.pixel_mm),
        noise_(pixels_),
        hu_(pixels_),
        owner_(pixels_),
        filled_(256) {}

  void paint(int slice) {
    slice_ = slice;
    grain_ = &texture_.next();
    white_noise(noise_, seed_, 60, slice);
    blur_.apply(noise_);
    std::ranges::fill(owner_, std::uint8_t{0});
    std::ranges::fill(filled_, 0.0);
    const std::int16_t* from = &background_.hu[pixels_ * static_cast<std::size_t>(slice)];
    std::copy_n(from, pixels_, hu_.begin());
    for (const Region& region : inserted_.regions) paint(region);
    for (const Tube& tube : inserted_.bronchi) paint(tube, true);
    for (const Tube& tube : inserted_.spicules) paint(tube, false);
    for (const Ball& ball : inserted_.balls) paint(ball);
    for (const std::uint8_t owner : owner_)
      if (owner != 0) filled_[owner] += 1;
  }
  const std::vector<float>& hu() const { return hu_; }
  const std::vector<std::uint8_t>& owner() const { return owner_; }
  const std::vector<double>& filled() const { return filled_; }

 private:
  struct Box {
    int column0, row0, column1, row1;
  };
  Box around(const Point& low, const Point& high, double reach) const {
    const auto& first = background_.first_voxel_mm;
    const auto column = [&](double x) {
      return static_cast<int>((x - first[0]) / background_.pixel_mm);
    };
    const auto row = [&](double y) {
      return static_cast<int>((y - first[1]) / (background_.pixel_mm * background_.row_step[1]));
    };
    return {std::max(0, column(low.x - reach) - 1), std::max(0, row(low.y - reach) - 1),
            std::min(background_.columns - 1, column(high.x + reach) + 1),
            std::min(background_.rows - 1, row(high.y + reach) + 1)};
  }
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(background_.columns) +
           static_cast<std::size_t>(column);
  }
  std::uint8_t side(std::size_t i) const {
    return lungs_.side(pixels_ * static_cast<std::size_t>(slice_) + i);
  }
  void blend(std::size_t i, float hu, float share, bool adds, std::uint8_t owner) {
    if (share <= 0) return;
    // What replaces the background brings its own noise; what is added keeps the background's.
    const auto grain = static_cast<float>(lungs_.noise_hu() / blur_.noise_gain()) * noise_[i];
    hu_[i] += (adds ? hu : hu + grain - hu_[i]) * share;
    if (share >= 0.5F) owner_[i] = owner;
  }

  void paint(const Region& region) {
    for (int row = 0; row < background_.rows; ++row)
      for (int column = 0; column < background_.columns; ++column) {
        const std::size_t i = index(column, row);
        if (side(i) != (region.left ? 2 : 1) || owner_[i] != 0) continue;
        const Spot spot = lungs_.spot(column, row, slice_);
        const double inside = region.potential(spot) - region.level,
                     edge = background_.pixel_mm + region.soft_mm;
        if (inside < 0 && inside > -region.rim_mm)
          blend(i, region.rim_hu,
                static_cast<float>(std::clamp((inside + region.rim_mm) / edge, 0.0, 1.0)), false,
                0);
        else
          blend(i, region.hu + region.texture_hu * (*grain_)[i],
                static_cast<float>(std::clamp(inside / edge + 0.5, 0.0, 1.0)), region.adds,
                region.owner);
      }
  }

  void paint(const Tube& tube, bool in_finding) {
    const Point low{std::min(tube.from.x, tube.to.x), std::min(tube.from.y, tube.to.y), 0},
        high{std::max(tube.from.x, tube.to.x), std::max(tube.from.y, tube.to.y), 0};
    const Box box = around(low, high, tube.radius_mm);
    const Point d = tube.to - tube.from;
    const double squared = dot(d, d);
    for (int row = box.row0; row <= box.row1; ++row)
      for (int column = box.column0; column <= box.column1; ++column) {
        const std::size_t i = index(column, row);
        if (side(i) == 0 || (in_finding && owner_[i] == 0)) continue;
        const Point p = lungs_.scanner(column, row, slice_) - tube.from;
        const double t = squared > 0 ? std::clamp(dot(p, d) / squared, 0.0, 1.0) : 0.0;
        const Point off = p - d * t;
        const double inside = tube.radius_mm - std::sqrt(dot(off, off));
        blend(i, tube.hu,
              static_cast<float>(std::clamp(inside / background_.pixel_mm + 0.5, 0.0, 1.0)), false,
              tube.owner);
      }
  }

  /// Share of a voxel around a point that lies in a ball.
  float share(const Point& from_centre, double radius) const {
    constexpr int across = 4, deep = 6;
    int inside = 0;
    for (int k = 0; k < deep; ++k)
      for (int j = 0; j < across; ++j)
        for (int i = 0; i < across; ++i) {
          const Point p = from_centre + Point{((i + 0.5) / across - 0.5) * background_.pixel_mm,
                                              ((j + 0.5) / across - 0.5) * background_.pixel_mm,
                                              ((k + 0.5) / deep - 0.5) * background_.thickness_mm};
          if (dot(p, p) <= radius * radius) ++inside;
        }
    return static_cast<float>(inside) / (across * across * deep);
  }

  void paint(const Ball& ball) {
    const double height = lungs_.scanner(0, 0, slice_).z - ball.centre.z;
    const double reach = ball.radius_mm + background_.thickness_mm;
    if (background_.row_step[2] == 0 && std::abs(height) > reach) return;
    const Box box = around(ball.centre, ball.centre, ball.radius_mm);
    for (int row = box.row0; row <= box.row1; ++row)
      for (int column = box.column0; column <= box.column1; ++column) {
        const std::size_t i = index(column, row);
        if (side(i) == 0) continue;
        const Point off = lungs_.scanner(column, row, slice_) - ball.centre;
        if (dot(off, off) > reach * reach * 2) continue;
        blend(i, ball.hu + ball.texture_hu * (*grain_)[i], share(off, ball.radius_mm), ball.adds,
              ball.owner);
      }
  }

  const Background& background_;
  const RealLungs& lungs_;
  const Inserted& inserted_;
  std::uint64_t seed_;
  std::size_t pixels_;
  Texture texture_;
  Blur blur_;
  std::vector<float> noise_, hu_;
  std::vector<std::uint8_t> owner_;
  std::vector<double> filled_;
  const std::vector<float>* grain_ = nullptr;
  int slice_ = 0;
};

Settings grid_settings(const Background& b, const Settings& asked, double noise_hu) {
  Settings settings = asked;
  settings.body = BodyPart::thorax;
  settings.columns = b.columns;
  settings.rows = b.rows;
  settings.slices = b.slices;
  settings.pixel_mm = b.pixel_mm;
  settings.slice_mm = b.slice_mm;
  settings.thickness_mm = b.thickness_mm;
  settings.noise_hu = noise_hu;
  settings.nodule = false;
  return settings;
}

std::string zone(double canonical_z) {
  const double share = (canonical_z + 150) / 245;
  if (share > 2.0 / 3) return "upper";
  return share > 1.0 / 3 ? "middle" : "lower";
}

}  // namespace

Phantom insert(Background background, const Settings& asked) {
  for (const Finding& finding : asked.findings)
    if (!is_ball(finding.kind) && !is_region(finding.kind))
      throw std::invalid_argument(
          "a real background takes nodule, mass, granuloma, consolidation, ground-glass, effusion "
          "and pneumothorax only");
  RealLungs real(background);
  Phantom phantom;
  phantom.settings = grid_settings(background, asked, real.noise_hu());
  phantom.first_voxel_mm = background.first_voxel_mm;
  phantom.row_step = background.row_step;
  Plan plan;
  plan.locate = [&](Truth& truth, const Point& centre) {
    if (truth.site == "lung") truth.zone = zone(real.to_canonical(centre).z);
  };
  const Placer placer(phantom.settings, real, plan);
  Painting painting(background, real, placer.inserted(), asked.seed);
  FindingBook book(phantom.settings, plan);
  const std::size_t pixels =
      static_cast<std::size_t>(background.columns) * static_cast<std::size_t>(background.rows);
  for (int slice = 0; slice < background.slices; ++slice) {
    painting.paint(slice);
    book.add(slice, painting.owner(), painting.filled(), painting.hu());
    std::int16_t* out = &background.hu[pixels * static_cast<std::size_t>(slice)];
    for (std::size_t i = 0; i < pixels; ++i)
      out[i] = static_cast<std::int16_t>(
          static_cast<int>(std::clamp(painting.hu()[i], -1024.0F, 3071.0F) + 4096.5F) - 4096);
  }
  phantom.truth = book.truths(phantom, Frame{}, real.noise_hu());
  phantom.missing = plan.missing;
  phantom.hu = std::move(background.hu);
  return phantom;
}

}  // namespace tomoscribe::model::phantom
