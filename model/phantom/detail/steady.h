#pragma once
// Random numbers and elementary functions that give the same bits with every standard library: only
// +, -, *, / and sqrt, which IEEE 754 rounds exactly.

#include <array>
#include <cstddef>
#include <cstdint>

namespace tomoscribe::model::phantom {

struct Point {
  double x = 0, y = 0, z = 0;
};
inline Point operator+(const Point& a, const Point& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Point operator-(const Point& a, const Point& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Point operator*(const Point& a, double k) {
  return {a.x * k, a.y * k, a.z * k};
}
inline double dot(const Point& a, const Point& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/// A well-mixed function of one number (the finaliser of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

/// Random numbers as a function of (seed, stream, how many were taken): streams do not disturb each
/// other.
class Counter {
 public:
  Counter(std::uint64_t seed, std::uint64_t stream) : key_(mixed(mixed(seed) ^ stream)) {}
  std::uint64_t bits() { return mixed(key_ + taken_++ * 0xD1342543DE82EF95ULL); }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }  ///< [0, 1)
  double between(double low, double high) { return low + (high - low) * uniform(); }
  double normal();  ///< mean 0, SD 1, never beyond 6

 private:
  std::uint64_t key_, taken_ = 0;
};

double sine(double radians);  ///< for |radians| < 10
double cosine(double radians);
double exponential_of_minus(double x);  ///< exp(-x), x >= 0
double cube_root(double x);             ///< x > 0

/// Catmull-Rom through knots with rising `at`; constant beyond the ends.
struct Knot {
  double at, value;
};
double curve(const Knot* knots, int count, double at);
template <std::size_t count>
double curve(const std::array<Knot, count>& knots, double at) {
  return curve(knots.data(), static_cast<int>(count), at);
}

inline float clamped01(float x) {
  return x < 0.0F ? 0.0F : (x > 1.0F ? 1.0F : x);
}
inline float smooth_step(float from, float to, float x) {
  const float t = clamped01((x - from) / (to - from));
  return t * t * (3.0F - 2.0F * t);
}
/// 1 at `centre`, 0 beyond `width` from it, smooth.
inline float bump(float x, float centre, float width) {
  const float u = (x - centre) / width;
  const float v = 1.0F - u * u;
  return v > 0.0F ? v * v : 0.0F;
}

}  // namespace tomoscribe::model::phantom
