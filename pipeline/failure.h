#pragma once

#include <exception>
#include <string>

namespace tomoscribe::pipeline {

/// True for the exceptions whose sentence holds no patient's data.
bool is_ours(const std::exception& fault);

/// One sentence for the log. Exceptions of ours promise to hold no patient's data and are quoted;
/// of others only the type is named: a database's or a parser's message may repeat what it choked
/// on.
std::string loggable(const std::exception& fault);

}  // namespace tomoscribe::pipeline
