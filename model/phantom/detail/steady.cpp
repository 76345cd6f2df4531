#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

namespace {
constexpr double pi = 3.14159265358979323846;
}

double Counter::normal() {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += uniform();
  return sum - 6.0;
}

double sine(double radians) {
  while (radians > pi) radians -= 2 * pi;
  while (radians < -pi) radians += 2 * pi;
  double term = radians, sum = radians;
  for (int n = 1; n < 14; ++n) {
    term *= -radians * radians / ((2.0 * n) * (2.0 * n + 1.0));
    sum += term;
  }
  return sum;
}

double cosine(double radians) {
  return sine(radians + pi / 2);
}

double exponential_of_minus(double x) {
  int halvings = 0;
  while (x > 0.5) {
    x *= 0.5;
    ++halvings;
  }
  double term = 1, sum = 1;
  for (int n = 1; n < 14; ++n) {
    term *= -x / n;
    sum += term;
  }
  for (; halvings > 0; --halvings) sum *= sum;
  return sum;
}

double cube_root(double x) {
  double guess = x > 1 ? x / 2 : 1;
  for (int i = 0; i < 60; ++i) guess = (2 * guess + x / (guess * guess)) / 3;
  return guess;
}

double curve(const Knot* knots, int count, double at) {
  if (at <= knots[0].at) return knots[0].value;
  if (at >= knots[count - 1].at) return knots[count - 1].value;
  int i = 0;
  while (at > knots[i + 1].at) ++i;
  const auto slope = [&](int k) {
    const int before = k > 0 ? k - 1 : 0, after = k + 1 < count ? k + 1 : count - 1;
    return (knots[after].value - knots[before].value) / (knots[after].at - knots[before].at);
  };
  const double width = knots[i + 1].at - knots[i].at, t = (at - knots[i].at) / width;
  const double a = knots[i].value, b = knots[i + 1].value;
  const double ta = slope(i) * width, tb = slope(i + 1) * width;
  return (2 * t * t * t - 3 * t * t + 1) * a + (t * t * t - 2 * t * t + t) * ta +
         (3 * t * t - 2 * t * t * t) * b + (t * t * t - t * t) * tb;
}

}  // namespace tomoscribe::model::phantom
