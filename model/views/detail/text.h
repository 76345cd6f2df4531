#pragma once
// The words of a packet.

#include <cstddef>
#include <string>
#include <vector>

#include "model/views/plan.h"

namespace tomoscribe::model::detail {

/// One line without control, direction and invisible signs, bars and broken UTF-8, of at most
/// `longest` signs ("…" marks a cut).
std::string clean(const std::string& text, std::size_t longest);

std::string table_head();
std::string table_line(const MeasurementRow& row);
/// The last line when rows are left out.
std::string table_foot(std::size_t left_out);

/// What the colours of presets mean, a line each.
std::string legend_of(const std::vector<const WindowPreset*>& presets);

/// "12.5", "-3": no exponent, no trailing zeros, at most one decimal.
std::string short_number(double value);

}  // namespace tomoscribe::model::detail
