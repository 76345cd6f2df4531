#pragma once
// Where along the body a request asks to look, and in which colours.

#include <optional>
#include <string>
#include <vector>

#include "model/views/detail/frame.h"
#include "model/views/detail/question.h"
#include "model/views/plan.h"

namespace tomoscribe::model::detail {

/// A region in the volume; none: unknown.
struct Span {
  std::optional<Region> region;
  BodyRange body;
};

struct Relevance {
  double value = 1;  ///< 1: as anywhere
  std::string why;
};

class Interest {
 public:
  /// \throws UnfitViews as plan_views.
  Interest(const PlanRequest& request, const Frame& frame);

  /// From the first region to the last.
  BodyRange body() const;
  const std::vector<Span>& spans() const { return spans_; }

  Relevance at(double body_mm) const;

  /// For the slabs of the first pass, for those in between and for crops at a place.
  const WindowPreset& first_preset(double body_mm) const;
  const WindowPreset& second_preset(double body_mm) const;
  const WindowPreset& crop_preset(double body_mm, const std::string& words) const;
  /// Of the longest region.
  const WindowPreset& scout_preset() const;

  /// Whether the order asks for something that lies here.
  bool asked(double body_mm) const;

  const std::vector<Found>& found() const { return found_; }

 private:
  struct Pull {
    BodyRange body;
    double strength = 0;
    std::string why;
  };
  const Span& span_at(double body_mm) const;
  const Found* found_at(double body_mm) const;
  bool lies_at(const Found& found, double body_mm) const;
  const WindowPreset& named(const std::string& name) const;
  const WindowPreset& asked_preset(const std::vector<Found>& found, double body_mm,
                                   const WindowPreset& otherwise) const;
  void add_candidates(const PlanRequest& request, const Frame& frame);
  void add_rows(const PlanRequest& request, const Frame& frame);

  const PlanRequest* request_;
  std::vector<Span> spans_;
  std::vector<Found> found_;
  std::vector<Pull> candidates_, rows_;
};

}  // namespace tomoscribe::model::detail
