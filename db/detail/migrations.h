#pragma once

#include <string_view>
#include <vector>

namespace tomoscribe::db::detail {

/// The migrations of db/migrations in order, written into the program by CMake.
const std::vector<std::string_view>& migrations();

}  // namespace tomoscribe::db::detail
