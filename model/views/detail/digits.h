#pragma once

#include <cstdint>
#include <vector>

#include "model/views/view.h"

namespace tomoscribe::model::detail {

/// Draws a number in the upper left corner of a rectangle, white on black, as large as its size
/// asks for; what does not fit is left out. The only signs there are: no patient's text can be
/// drawn. `rgb`: [height, width, 3].
void draw_index(std::vector<std::uint8_t>& rgb, int image_width, const PixelRect& rect, int number);

}  // namespace tomoscribe::model::detail
