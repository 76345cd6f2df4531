#pragma once
// Counters, gauges and histograms in Prometheus' text format 0.0.4.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tomoscribe::pipeline {

enum class MetricKind { counter, gauge, histogram };

struct MetricFamily {
  std::string name;  ///< "tomoscribe_intake_seconds"
  MetricKind kind = MetricKind::counter;
  std::string help;
  std::vector<double> bounds;  ///< of a histogram's buckets, rising, without +Inf
};

/// Label names and values, in the order they are printed; values are ours, never a patient's.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Thread-safe. \throws std::logic_error for a name that was not declared.
class Metrics {
 public:
  explicit Metrics(std::vector<MetricFamily> families);
  void count(std::string_view name, const Labels& labels = {}, double by = 1);
  void set(std::string_view name, double value, const Labels& labels = {});
  void observe(std::string_view name, double value, const Labels& labels = {});
  std::string text() const;

 private:
  struct Series {
    double value = 0;                 ///< counter, gauge; sum of a histogram
    std::vector<std::uint64_t> hits;  ///< per bucket, the last is +Inf
  };
  struct Family {
    MetricFamily declared;
    std::map<std::string, Series> series;  ///< by the labels' text
  };
  Family& family(std::string_view name, MetricKind kind);
  static std::string histogram_text(const std::string& name, const std::string& labels,
                                    const std::vector<double>& bounds, const Series& series);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

/// Bounds from 1 ms to 60 s.
std::vector<double> latency_bounds_s();

}  // namespace tomoscribe::pipeline
