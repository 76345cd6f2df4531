#include "pipeline/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace tomoscribe::pipeline {
namespace {

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\' || c == '"') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result;
}

/// `a="1",b="2"`
std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"" + escaped(value) + "\"";
  }
  return text;
}

std::string braces(const std::string& labels) {
  return labels.empty() ? "" : "{" + labels + "}";
}

std::string_view kind_text(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter: return "counter";
    case MetricKind::gauge: return "gauge";
    case MetricKind::histogram: return "histogram";
  }
  throw std::logic_error("unmapped MetricKind");
}

}  // namespace

Metrics::Metrics(std::vector<MetricFamily> families) {
  for (auto& declared : families) {
    std::string name = declared.name;
    families_.emplace(std::move(name), Family{std::move(declared), {}});
  }
  // A counter without labels that never rose is still there, at 0: an alert can be written on it.
  for (auto& [name, family] : families_)
    if (family.declared.kind == MetricKind::counter) family.series[""];
}

Metrics::Family& Metrics::family(std::string_view name, MetricKind kind) {
  const auto found = families_.find(name);
  if (found == families_.end() || found->second.declared.kind != kind)
    throw std::logic_error("undeclared metric " + std::string(name));
  return found->second;
}

void Metrics::count(std::string_view name, const Labels& labels, double by) {
  const std::scoped_lock lock(mutex_);
  auto& series = family(name, MetricKind::counter).series;
  if (!labels.empty()) series.erase("");
  series[label_text(labels)].value += by;
}

void Metrics::set(std::string_view name, double value, const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  family(name, MetricKind::gauge).series[label_text(labels)].value = value;
}

void Metrics::observe(std::string_view name, double value, const Labels& labels) {
  const std::scoped_lock lock(mutex_);
  Family& histogram = family(name, MetricKind::histogram);
  const auto& bounds = histogram.declared.bounds;
  Series& series = histogram.series[label_text(labels)];
  series.hits.resize(bounds.size() + 1);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
  ++series.hits[static_cast<std::size_t>(bucket)];
  series.value += value;
}

std::string Metrics::histogram_text(const std::string& name, const std::string& labels,
                                    const std::vector<double>& bounds, const Series& series) {
  std::string text;
  const std::string comma = labels.empty() ? "" : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < series.hits.size(); ++i) {
    below += series.hits[i];
    const std::string bound = i == bounds.size() ? "+Inf" : number(bounds[i]);
    text += name + "_bucket{" + comma + "le=\"" + bound + "\"} " + std::to_string(below) + "\n";
  }
  text += name + "_sum" + braces(labels) + " " + number(series.value) + "\n";
  text += name + "_count" + braces(labels) + " " + std::to_string(below) + "\n";
  return text;
}

std::string Metrics::text() const {
  const std::scoped_lock lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) {
    text += "# HELP " + name + " " + family.declared.help + "\n";
    text += "# TYPE " + name + " " + std::string(kind_text(family.declared.kind)) + "\n";
    for (const auto& [labels, series] : family.series) {
      if (family.declared.kind == MetricKind::histogram)
        text += histogram_text(name, labels, family.declared.bounds, series);
      else
        text += name + braces(labels) + " " + number(series.value) + "\n";
    }
  }
  return text;
}

std::vector<double> latency_bounds_s() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

}  // namespace tomoscribe::pipeline
