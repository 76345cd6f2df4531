#pragma once
// Which phantoms are measured: for each body part an endless list, the same on every machine,
// stratified over slice thickness, kernel and noise.

#include "model/phantom/phantom.h"

namespace tomoscribe::evaluation {

/// \param number  0, 1, …: every fourth study is normal; slice thickness goes round 1, 2.5, 5 mm.
model::phantom::Settings planned(model::phantom::BodyPart body, int number);

const char* name_of(model::phantom::BodyPart body);            ///< "thorax"
const char* size_class(const std::string& kind, double size);  ///< "6 to 10 mm"

}  // namespace tomoscribe::evaluation
