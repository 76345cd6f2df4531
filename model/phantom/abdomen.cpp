#include <stdexcept>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

Phantom abdomen(const Settings& /*settings*/) {
  throw std::invalid_argument("phantoms of the abdomen are not there yet");
}

}  // namespace tomoscribe::model::phantom
