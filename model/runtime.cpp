#include "model/runtime.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <dlfcn.h>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

namespace tomoscribe::model {

namespace {

/// LibTorch is linked to whatever libblas.so.3 the machine offers; its build options do not say
/// which.
std::string blas_name() {
  using ConfigText = char* (*)();
  if (void* found = dlsym(RTLD_DEFAULT, "openblas_get_config"); found != nullptr)
    return reinterpret_cast<ConfigText>(found)();
  if (at::hasMKL()) return "MKL";
  return at::hasLAPACK() ? "a BLAS other than OpenBLAS" : "none";
}

double gemm_gflops() {
  constexpr std::int64_t size = 1024;
  const at::Tensor a = at::ones({size, size}), b = at::ones({size, size});
  double best = 0;
  for (int run = 0; run < 4; ++run) {  // the first one warms threads and caches
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor c = at::mm(a, b);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (run > 0 && c.numel() == size * size)
      best = std::max(best, 2.0 * size * size * size / taken.count() / 1e9);
  }
  return best;
}

}  // namespace

Runtime describe_runtime(int threads) {
  at::set_num_threads(std::max(1, threads));
  Runtime runtime;
  runtime.torch_version = TORCH_VERSION;
  runtime.blas = blas_name();
  runtime.cuda = at::hasCUDA();
  runtime.devices = runtime.cuda ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
  runtime.threads = at::get_num_threads();
  runtime.gemm_gflops = gemm_gflops();
  return runtime;
}

}  // namespace tomoscribe::model
