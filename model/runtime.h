#pragma once

#include <string>

namespace tomoscribe::model {

/// What LibTorch this program runs on, measured now: for `tomoscribe doctor` and the worker's
/// start-up line.
struct Runtime {
  std::string torch_version, blas;  ///< blas: the library found at run time
  bool cuda = false;
  int devices = 0;
  int threads = 1;
  double gemm_gflops = 0;  ///< fp32 1024x1024, best of 3
};

/// Sets the thread count (LibTorch's own default may be 1) and measures; takes about 0.1 s. Not
/// thread-safe.
Runtime describe_runtime(int threads);

}  // namespace tomoscribe::model
