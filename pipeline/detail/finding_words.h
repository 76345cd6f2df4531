#pragma once

#include <optional>
#include <string>

#include "model/phantom/phantom.h"

namespace tomoscribe::pipeline {

/// "thorax", "head", "abdomen".
std::optional<model::phantom::BodyPart> body_part_of(const std::string& word);

/// Reads KIND[:SIDE[:SIZE[:WORD,…]]], for instance "nodule:left:8:spiculated,doubling=180" or
/// "compression:T8:40". SIDE is right, left, any, empty or a vertebra.
/// \throws std::invalid_argument with one sentence.
model::phantom::Finding finding_of(model::phantom::BodyPart body, const std::string& text);

/// Lines for --help: every kind of a body part with its unit, usual size and limits.
std::string kinds_help();

}  // namespace tomoscribe::pipeline
