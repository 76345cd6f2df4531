#pragma once

#include <stdexcept>

namespace tomoscribe::model {

/// What was given cannot be taken: a file that is not what its name says, a model of another
/// family. what() is one sentence that names the file, key or tensor. What the machine did not do
/// (a file that cannot be opened) is a std::runtime_error of another type.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tomoscribe::model
