#include "model/runtime.h"

#include <algorithm>
#include <chrono>
#include <sstream>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/csrc/api/include/torch/version.h>

namespace tomoscribe::model {

namespace {

/// The line of show_config that names the BLAS, without its indent; "unknown" when none does.
std::string blas_line() {
  std::istringstream lines(at::show_config());
  std::string line;
  while (std::getline(lines, line)) {
    for (const char* word : {"BLAS_INFO=", "BLAS="}) {
      const auto found = line.find(word);
      if (found == std::string::npos) continue;
      const auto from = found + std::string(word).size(), to = line.find_first_of(", ", from);
      return line.substr(from, to == std::string::npos ? to : to - from);
    }
  }
  if (at::hasMKL()) return "mkl";
  return at::hasLAPACK() ? "system" : "unknown";
}

double gemm_gflops() {
  constexpr int size = 1024;
  const at::Tensor a = at::ones({size, size}), b = at::ones({size, size});
  double best = 0;
  for (int run = 0; run < 4; ++run) {  // the first one warms threads and caches
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor c = at::mm(a, b);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (run > 0 && c.numel() == size * size) best = std::max(best, 2.0 * size * size * size / taken.count() / 1e9);
  }
  return best;
}

}  // namespace

Runtime describe_runtime(int threads) {
  at::set_num_threads(std::max(1, threads));
  Runtime runtime;
  runtime.torch_version = TORCH_VERSION;
  runtime.blas = blas_line();
  runtime.cuda = at::hasCUDA();
  runtime.devices = runtime.cuda ? static_cast<int>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
  runtime.threads = at::get_num_threads();
  runtime.gemm_gflops = gemm_gflops();
  return runtime;
}

}  // namespace tomoscribe::model
