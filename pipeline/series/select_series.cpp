#include "pipeline/series/select_series.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "pipeline/series/candidate.h"
#include "pipeline/series/instance_gates.h"
#include "pipeline/series/passes.h"
#include "pipeline/series/reconstructions.h"

namespace tomoscribe::pipeline {
namespace {

using Instances = std::vector<InstanceFile>;

const dicom::PlaneHeader& plane_of(const Instances& instances, const FrameRef& ref) {
  return instances[ref.instance].header.planes[static_cast<std::size_t>(ref.frame)];
}

std::string rounded(double value, double unit) {
  return std::to_string(static_cast<long long>(std::llround(value / unit)));
}

/// Images with different keys are never slices of one volume. STANDARDS: PS3.3 C.7.6.2, C.8.2.1.
std::string geometry_key(const Instances& instances, const FrameRef& ref) {
  const dicom::InstanceHeader& header = instances[ref.instance].header;
  const dicom::PlaneHeader& plane = plane_of(instances, ref);
  std::string key;
  for (const Vec3& direction : *plane.image_orientation_patient)
    for (const double cosine : direction) key += rounded(cosine, 1e-3) + "/";
  for (const double spacing : *plane.pixel_spacing_mm) key += rounded(spacing, 1e-3) + "/";
  key += std::to_string(header.rows) + "x" + std::to_string(header.columns) + "|";
  key += (header.frame_of_reference ? header.frame_of_reference->str() : "") + "|";
  for (std::size_t i = 2; i < header.image_type.size(); ++i) key += header.image_type[i] + "\\";
  key += "|" + header.convolution_kernel + "|" + header.contrast_agent + "|" +
         header.temporal_position + "|" + header.cardiac_phase + "|" + plane.stack_id + "|" +
         std::to_string(plane.temporal_position_index.value_or(-1)) + "|";
  key += header.kvp ? rounded(*header.kvp, 1) : "";
  return key;
}

using Groups = std::vector<std::vector<FrameRef>>;

/// Frames split by key; the largest group first, then by key.
template <class Key>
Groups split(const std::vector<FrameRef>& frames, const Key& key) {
  std::map<std::string, std::vector<FrameRef>> by_key;
  for (const FrameRef& ref : frames) by_key[key(ref)].push_back(ref);
  Groups groups;
  for (auto& [name, members] : by_key) groups.push_back(std::move(members));
  std::ranges::stable_sort(groups, std::ranges::greater{}, &std::vector<FrameRef>::size);
  return groups;
}

/// What viewers call it; empty when the header gives no number.
std::string plane_name(const dicom::InstanceHeader& header, int frame) {
  if (header.frames > 1) return "frame " + std::to_string(frame + 1);
  return header.instance_number ? "image " + std::to_string(*header.instance_number) : "";
}

std::vector<SlicePlane> planes_of(const Instances& instances, const std::vector<FrameRef>& frames) {
  std::vector<SlicePlane> planes;
  planes.reserve(frames.size());
  for (const FrameRef& ref : frames) {
    const dicom::InstanceHeader& header = instances[ref.instance].header;
    const dicom::PlaneHeader& plane = plane_of(instances, ref);
    planes.push_back({.source = planes.size(),
                      .position_mm = *plane.image_position_patient,
                      .orientation = *plane.image_orientation_patient,
                      .spacing_mm = *plane.pixel_spacing_mm,
                      .rows = header.rows,
                      .columns = header.columns,
                      .sop_instance = header.sop_instance.str(),
                      .name = plane_name(header, ref.frame)});
  }
  return planes;
}

double score_of(const dicom::InstanceHeader& header, const Stack& stack) {
  const double spacing = stack.grid.spacing_mm()[2];
  const auto says = [&](const char* word) {
    return std::ranges::find(header.image_type, word) != header.image_type.end();
  };
  double score = 0;
  if (says("ORIGINAL")) score += 2;
  if (says("DERIVED")) score -= 2;
  if (says("AXIAL")) score += 1;
  if (spacing <= 1.5)
    score += 3;
  else if (spacing <= 2.5)
    score += 2;
  else if (spacing <= 5.0)
    score += 1;
  if (stack.order.size() >= 100) score += 1;
  const std::optional<bool> sharp = kernel_is_sharp(header.manufacturer, header.convolution_kernel);
  if (sharp && !*sharp) score += 1;  // densities are measured, and noise biases them
  if (header.kvp && *header.kvp >= 100 && *header.kvp <= 140) score += 1;
  if (stack.tilt_degrees > 0.5) score -= 1;
  if (stack.resampled) score -= 1;
  if (!stack.missing.empty()) score -= 2;
  const double field_mm = stack.grid.size[0] * stack.grid.spacing_mm()[0];
  score += std::min(field_mm, 500.0) / 1000.0;
  score += std::min(stack.grid.size[2], 999) / 10000.0;
  return score;
}

std::string stack_words(const dicom::InstanceHeader& header, const Stack& stack) {
  const double apart_mm = stack.mixed ? stack.grid.spacing_mm()[2] : stack.spacing_mm;
  const double thick_mm = header.planes.empty()
                              ? apart_mm
                              : header.planes.front().slice_thickness_mm.value_or(apart_mm);
  std::string words = "axial, " + std::to_string(stack.order.size()) + " slices of " +
                      millimetres(thick_mm) + " mm";
  if (std::abs(thick_mm - apart_mm) > 0.05) words += " every " + millimetres(apart_mm) + " mm";
  if (!header.convolution_kernel.empty())
    words +=
        ", kernel " + header.convolution_kernel.substr(0, header.convolution_kernel.find('\\'));
  return words;
}

Candidate stacked(const Instances& instances, std::vector<FrameRef> frames) {
  Candidate candidate{.frames = std::move(frames)};
  const dicom::InstanceHeader& header = instances[candidate.frames.front().instance].header;
  const std::string orientation =
      orientation_word(*plane_of(instances, candidate.frames.front()).image_orientation_patient);
  if (candidate.frames.size() == 1) {
    candidate.reason = "only one slice: a volume needs more";
    return candidate;
  }
  std::variant<Stack, Unsuitable> outcome = stack_slices(planes_of(instances, candidate.frames));
  if (const auto* fault = std::get_if<Unsuitable>(&outcome)) {
    candidate.reason = fault->reason;
    return candidate;
  }
  auto& stack = std::get<Stack>(outcome);
  if (orientation != "axial") {
    candidate.reason = orientation + " images: for display only";
  } else if (stack.order.size() < least_slices) {
    candidate.reason = "only " + std::to_string(stack.order.size()) + " slices: a volume needs " +
                       std::to_string(least_slices);
  } else {
    candidate.words = stack_words(header, stack);
    candidate.score = score_of(header, stack);
    candidate.sharp = kernel_is_sharp(header.manufacturer, header.convolution_kernel);
    candidate.frame_of_reference =
        header.frame_of_reference ? header.frame_of_reference->str() : "";
    candidate.agent = header.contrast_agent;
    candidate.acquisition = header.acquisition_number;
    candidate.acquired_s = header.acquisition_s;
    candidate.kvp = header.kvp;
    candidate.notes = stack.notes;
    candidate.stack = std::move(stack);
  }
  return candidate;
}

/// Passes over one stretch of the body, each as it is stacked (passes.h).
std::vector<Candidate> passes(const Instances& instances, const std::vector<FrameRef>& frames) {
  std::vector<PassFrame> all;
  all.reserve(frames.size());
  for (const FrameRef& ref : frames) {
    const dicom::InstanceHeader& header = instances[ref.instance].header;
    const dicom::PlaneHeader& plane = plane_of(instances, ref);
    all.push_back({*plane.image_position_patient, *plane.image_orientation_patient,
                   header.acquisition_number, header.acquisition_s});
  }
  const auto [parts, taken_again] = passes_of(all);
  std::vector<Candidate> candidates;
  candidates.reserve(parts.size());
  for (const std::vector<std::size_t>& part : parts) {
    std::vector<FrameRef> members;
    members.reserve(part.size());
    for (const std::size_t index : part) members.push_back(frames[index]);
    candidates.push_back(stacked(instances, std::move(members)));
  }
  if (taken_again)
    candidates.front().notes.emplace_back(
        "a step of the scan was taken again: of it only one taking is read, the later one where it "
        "followed at once");
  return candidates;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + (count == 1 ? " image" : " images") + " left out: " + what;
}

struct Slices {
  std::vector<FrameRef> frames;
  std::map<std::string, std::size_t> dropped;  ///< how many images, by the reason
};

Slices slices_of(const Instances& instances, const std::vector<std::size_t>& members) {
  Slices slices;
  for (const std::size_t index : members) {
    const dicom::InstanceHeader& header = instances[index].header;
    if (const std::string why = why_no_slice(header); !why.empty()) {
      ++slices.dropped[why];
      continue;
    }
    for (int frame = 0; frame < static_cast<int>(header.planes.size()); ++frame)
      slices.frames.push_back({index, frame});
  }
  return slices;
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
  return text;
}

/// The best volume within one series.
Candidate candidate_of(const Instances& instances, const std::vector<std::size_t>& members) {
  const auto [frames, dropped] = slices_of(instances, members);
  std::vector<std::string> notes;
  std::string most;
  for (const auto& [why, count] : dropped) {
    notes.push_back(counted(count, why));
    if (most.empty() || count > dropped.at(most)) most = why;
  }
  if (frames.empty()) return {.reason = most};

  std::vector<Candidate> candidates;
  for (const auto& group :
       split(frames, [&](const FrameRef& ref) { return geometry_key(instances, ref); }))
    std::ranges::move(passes(instances, group), std::back_inserter(candidates));
  const auto best = std::ranges::max_element(candidates, {}, [](const Candidate& candidate) {
    return std::tuple(candidate.stack.has_value(), candidate.score, candidate.frames.size());
  });
  if (const std::size_t rest = frames.size() - best->frames.size(); rest > 0)
    notes.push_back(counted(rest, "another orientation, matrix, kernel or acquisition"));
  best->notes.insert(best->notes.end(), notes.begin(), notes.end());
  if (!best->reason.empty() && !notes.empty()) best->reason += " (" + joined(notes) + ")";
  return std::move(*best);
}

SeriesSlices taken(Candidate& candidate, std::size_t series) {
  return {.series = series,
          .frames = std::move(candidate.frames),
          .stack = std::move(*candidate.stack),
          .notes = std::move(candidate.notes)};
}

std::string series_name(const reporting::SeriesUse& use) {
  return use.number ? "series " + std::to_string(*use.number) : "series without a number";
}

/// Two studies or two patients must never be mixed. The sentence names studies, never people.
std::optional<Unsuitable> mixed(const Instances& instances) {
  std::map<std::string, std::set<std::string>> studies;  // study UID -> patient identities
  std::set<std::string> patients;
  for (const InstanceFile& instance : instances) {
    const dicom::StudyHeader& study = instance.header.study_header;
    const std::string patient = study.patient_id.str() + "|" + study.issuer_of_patient_id;
    studies[instance.header.study.str()].insert(patient);
    patients.insert(patient);
  }
  if (studies.size() > 1) {
    std::string list;
    for (const auto& [uid, who] : studies) list += (list.empty() ? "" : " and ") + uid;
    return Unsuitable{std::string(patients.size() > 1
                                      ? "the images belong to two or more patients"
                                      : "the images belong to two or more studies") +
                      ": studies " + list + "; give one study"};
  }
  if (patients.size() > 1)
    return Unsuitable{"the images of study " + studies.begin()->first + " carry " +
                      std::to_string(patients.size()) +
                      " different patient identities: not read until that is reconciled"};
  return std::nullopt;
}

/// Two instances may share a UID only when they say the same.
std::optional<Unsuitable> shared_uid(const Instances& instances) {
  std::map<std::string, const dicom::InstanceHeader*> seen;
  for (const InstanceFile& instance : instances) {
    const auto [entry, is_new] =
        seen.try_emplace(instance.header.sop_instance.str(), &instance.header);
    if (!is_new)
      return Unsuitable{"two different images share the SOP Instance UID " + entry->first};
  }
  return std::nullopt;
}

reporting::SeriesUse describe(const Instances& instances, const std::vector<std::size_t>& members) {
  const dicom::InstanceHeader& header = instances[members.front()].header;
  return {.uid = header.series,
          .number = header.series_number,
          .modality = header.modality,
          .description = header.series_description,
          .instances = static_cast<int>(members.size())};
}

std::string why_none(const std::vector<reporting::SeriesUse>& series) {
  if (series.size() == 1) return series.front().reason;
  std::string reasons = "no series can be read";
  for (std::size_t i = 0; i < series.size(); ++i)
    reasons += (i == 0 ? ": " : "; ") + series_name(series[i]) + ": " + series[i].reason;
  return reasons;
}

}  // namespace

std::variant<SeriesChoice, Unsuitable> select_series(const std::vector<InstanceFile>& instances) {
  if (const auto fault = mixed(instances)) return *fault;
  if (const auto fault = shared_uid(instances)) return *fault;

  std::map<std::tuple<int, std::string>, std::vector<std::size_t>> by_series;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const dicom::InstanceHeader& header = instances[i].header;
    by_series[{header.series_number.value_or(1 << 30), header.series.str()}].push_back(i);
  }
  SeriesChoice choice;
  std::vector<Candidate> candidates;
  for (const auto& [key, members] : by_series) {
    choice.series.push_back(describe(instances, members));
    candidates.push_back(candidate_of(instances, members));
    choice.series.back().reason = candidates.back().reason;
  }
  const auto main = main_of(candidates);
  if (main == candidates.end()) return Unsuitable{why_none(choice.series)};

  const auto chosen = static_cast<std::size_t>(main - candidates.begin());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    reporting::SeriesUse& use = choice.series[i];
    use.used = i == chosen;
    if (use.used)
      use.reason = candidates[i].words + ": chosen";
    else if (candidates[i].stack)
      use.reason = candidates[i].words + ": " +
                   why_left(candidates[i], *main, series_name(choice.series[chosen]));
  }
  if (const auto lung = lung_of(candidates, *main); lung != candidates.end()) {
    choice.lung_reason = lung->words +
                         ", the edge-enhancing reconstruction of the same acquisition: chosen for "
                         "the lungs; all else is measured on " +
                         series_name(choice.series[chosen]);
    choice.lung = taken(*lung, static_cast<std::size_t>(lung - candidates.begin()));
  }
  choice.main = taken(*main, chosen);
  return choice;
}

}  // namespace tomoscribe::pipeline
