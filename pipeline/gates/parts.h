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

/// All faults that one gate saw as its one result, the first in front; a pass without any.
Result together(std::vector<Result> faults);

/// "image 12", "images 12 to 40, 51" (ranges of slices, by the numbers of their images); "slice 12"
/// where images have no numbers. `slices` ascending.
std::string image_words(const Volume& volume, const std::vector<int>& slices);

/// The middle value; precondition: there is one.
double median(std::vector<double> values);

/// Upper case, for comparing what headers say; of letters beyond ASCII those of Latin-1. UTF-8.
std::string upper(const std::string& text);

/// The words of a text in upper case: runs of letters, whatever stands between them.
std::vector<std::string> words_of(const std::string& text);

/// Whether the words of `phrase` stand at this place, one after the other; one that ends in *
/// stands for every word that begins so. Whatever their case.
bool stands_at(const std::vector<std::string>& words, std::size_t at, const std::string& phrase);

/// True when one of these phrases is in the text as whole words: "CT AC" is in "ct_ac 3.75", not in
/// "CT ACUTE STROKE"; "lung*" is in "Lungen", not in "Behandlung".
bool says(const std::string& text, std::initializer_list<const char*> phrases);

}  // namespace tomoscribe::pipeline::gates
