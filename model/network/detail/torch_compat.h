#pragma once
// The few places where LibTorch 1.13 and 2.x differ. Everything else is written in what both have.

#include <ATen/ATen.h>
#include <torch/csrc/api/include/torch/version.h>

namespace tomoscribe::model::network {

/// One fused kernel for attention over many queries, where this LibTorch has it and the tensors lie
/// on a GPU; on a CPU the plain form is the reference.
#if TORCH_VERSION_MAJOR >= 2
inline bool has_fused_attention(const at::Tensor& queries) {
  return queries.is_cuda();
}
/// q, k, v: [B,H,T,d] and [B,H,S,d]; no mask.
inline at::Tensor fused_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                  bool causal, double scale) {
  return at::scaled_dot_product_attention(q, k, v, {}, 0.0, causal, scale);
}
#else
inline bool has_fused_attention(const at::Tensor& /*queries*/) {
  return false;
}
inline at::Tensor fused_attention(const at::Tensor& q, const at::Tensor& /*k*/,
                                  const at::Tensor& /*v*/, bool /*causal*/, double /*scale*/) {
  return q;  // never called: see has_fused_attention
}
#endif

}  // namespace tomoscribe::model::network
