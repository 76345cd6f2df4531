#pragma once
// Which phantoms are measured: for each body part an endless list, the same on every machine,
// stratified over slice thickness, kernel and noise.

#include "model/phantom/phantom.h"

namespace tomoscribe::evaluation {

/// \param number  0, 1, …: every fourth study is normal; slice thickness goes round 1, 2.5, 5 mm.
///                Studies 0 to 60, and those that are not harder, never change.
model::phantom::Settings planned(model::phantom::BodyPart body, int number);

/// Above number 60, of each eight studies two that are not normal (a quarter) and one that is: with
/// streaks of metal, motion, cupping, devices; and loculated fluid, a thrombus in an aneurysm of
/// the chest, cysts of the liver.
bool is_harder(int number);

const char* name_of(model::phantom::BodyPart body);            ///< "thorax"
const char* size_class(const std::string& kind, double size);  ///< "6 to 10 mm"

}  // namespace tomoscribe::evaluation
