#include <stdexcept>

#include "model/phantom/phantom.h"

namespace tomoscribe::model::phantom {

Phantom head(const Settings& /*settings*/) {
  throw std::invalid_argument("phantoms of the head are not there yet");
}

}  // namespace tomoscribe::model::phantom
