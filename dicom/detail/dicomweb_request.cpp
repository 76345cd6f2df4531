#include "dicom/detail/dicomweb_request.h"

#include <charconv>

namespace tomoscribe::dicom::detail {
namespace {

template <class Id>
Id parsed(const std::string& text, const char* what) {
  const auto id = Id::parse(text);
  if (!id) throw Refusal{400, std::string("not a ") + what};
  return *id;
}

}  // namespace

Target parse_target(std::string_view path) {
  const auto segments = path_segments(path);
  if (segments.size() < 3 || segments[1] != "studies")
    throw Refusal{404, "no such DICOMweb resource"};
  Target target{parsed<StudyUid>(segments[2], "Study Instance UID"), {}, {}, {}};
  std::size_t next = 3;
  if (segments.size() > next + 1 && segments[next] == "series") {
    target.series = parsed<SeriesUid>(segments[next + 1], "Series Instance UID");
    next += 2;
    if (segments.size() > next + 1 && segments[next] == "instances") {
      target.instance = parsed<SopInstanceUid>(segments[next + 1], "SOP Instance UID");
      next += 2;
    }
  }
  target.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(next), segments.end());
  return target;
}

std::uint32_t frame_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0)
    throw Refusal{400, "a frame number is a whole number from 1; one frame a request"};
  return number;
}

std::optional<Window> window_parameter(const HttpRequest& request) {
  const auto text = request.parameter("window");
  if (!text) return std::nullopt;
  Window window;
  const char* at = text->data();
  const char* const last = at + text->size();
  const auto number = [&](double& value) {
    const auto [end, error] = std::from_chars(at, last, value);
    at = end;
    return error == std::errc{};
  };
  bool sound = number(window.centre) && at != last && *at++ == ',' && number(window.width);
  const std::string_view function(at, static_cast<std::size_t>(last - at));
  sound = sound && (function.empty() || function == ",linear") && window.width >= 1 &&
          window.width <= 1e7 && window.centre >= -1e7 && window.centre <= 1e7;
  if (!sound) throw Refusal{400, "window must be centre,width with a width of 1 or more, linear"};
  return window;
}

}  // namespace tomoscribe::dicom::detail
