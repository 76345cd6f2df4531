#pragma once

#include "pipeline/config.h"

namespace tomoscribe::pipeline {

/// What the gateway needs beside the configuration, looked at before anything is made or started:
/// the page's folder, the certificate and its key, the tokens. \throws ConfigError.
void check_gateway_files(const Config& config);

}  // namespace tomoscribe::pipeline
