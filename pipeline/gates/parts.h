#pragma once
// What the gates share: results in words, numbers of images.

#include <initializer_list>
#include <string>
#include <vector>

#include "pipeline/gates/gate.h"
#include "pipeline/volume.h"

namespace tomoscribe::pipeline::gates {

/// Nothing is forbidden; a reason is said all the same.
Result passed(std::string reason = {});
Result restricted(std::initializer_list<Use> uses, std::string reason);
Result stopped(std::string reason);

/// "image 12", "images 12 to 40, 51" (ranges of slices, by the numbers of their images); "slice 12"
/// where images have no numbers. `slices` ascending.
std::string image_words(const Volume& volume, const std::vector<int>& slices);

/// The middle value; precondition: there is one.
double median(std::vector<double> values);

/// Upper case, for comparing what headers say.
std::string upper(const std::string& text);

/// True when a word of `text` begins with one of these, whatever their case: "chest" is in "CT
/// Chest", "lung" is not in "Behandlung".
bool says(const std::string& text, std::initializer_list<const char*> words);

}  // namespace tomoscribe::pipeline::gates
