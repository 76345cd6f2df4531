#include <algorithm>
#include <cmath>

#include "model/phantom/detail/canvas.h"
#include "model/phantom/detail/regions.h"

namespace tomoscribe::model::phantom {

void Canvas::put(std::size_t i, const Region& region, double inside_mm) {
  const double edge = raster_.pixel_mm + region.soft_mm;
  const auto share = static_cast<float>(std::clamp(inside_mm / edge + 0.5, 0.0, 1.0));
  const Label here = labels_[i];
  if (inside_mm < 0 && inside_mm > -region.rim_mm) {
    painting_for_ = 0;
    const auto rim = static_cast<float>(std::clamp((inside_mm + region.rim_mm) / edge, 0.0, 1.0));
    blend(i, region.rim_hu + 8 * (*texture_)[i], region.rim_is_solid ? Label::solid_lung : here,
          rim, region.over);
    return;
  }
  if (share <= 0) return;
  painting_for_ = region.owner;
  const float hu = region.hu + region.texture_hu * (*texture_)[i];
  blend(i, region.adds ? hu_[i] + hu : hu, region.keeps_label ? here : region.label, share,
        region.over);
}

void Canvas::paint(const Region& region) {
  const Latent& latent = body_.latent();
  const double middle = 0, side = 160 * latent.scale_x + 16;
  const Box area =
      box(region.left ? middle - 20 : -side, -140, region.left ? side : middle + 20, 140);
  const LabelSet over = region.over & ~set_of(region.left ? Label::lung_right : Label::lung_left);
  for (int row = area.row0; row <= area.row1; ++row)
    for (int column = area.column0; column <= area.column1; ++column) {
      const std::size_t i = index(column, row);
      if ((set_of(labels_[i]) & over) == 0) continue;
      const auto x = static_cast<double>(x_[i]), y = static_cast<double>(y_[i]);
      const Spot spot{{x, y, static_cast<double>(section_.z + dz_[i])},
                      Body::pleural_depth(section_, x, y)};
      put(i, region, region.potential(spot) - region.level);
    }
}

void Canvas::paint_blanket(std::uint8_t owner) {
  constexpr double thick_mm = 2.5, reach_mm = 14;
  painting_for_ = owner;
  for (std::size_t i = 0; i < hu_.size(); ++i) {
    if (labels_[i] != Label::air || y_[i] > 40.0F) continue;
    const auto x = static_cast<double>(x_[i]), y = static_cast<double>(y_[i]);
    const double outside = Body::outside_skin(section_, x, y);
    if (outside > reach_mm) continue;
    const double lifted = 5 + 3 * sine(x / 27 + z_ / 45) + 1.5 * sine(x / 11 - z_ / 60);
    const double inside = thick_mm / 2 - std::abs(outside - lifted);
    const double share = std::clamp(inside / raster_.pixel_mm + 0.5, 0.0, 1.0);
    blend(i, -420, Label::table, static_cast<float>(share), set_of(Label::air));
  }
}

}  // namespace tomoscribe::model::phantom
