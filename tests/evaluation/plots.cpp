#include "tests/evaluation/plots.h"

#include <algorithm>
#include <array>

#include "tests/evaluation/statistics.h"

namespace tomoscribe::evaluation {
namespace {

using nlohmann::json;

constexpr double width = 300, height = 210, left = 52, top = 30, right = 12, bottom = 36;

struct Dot {
  double truth, off, thickness_mm;
  bool harder;
};

std::string escaped(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '&')
      result += "&amp;";
    else if (letter == '<')
      result += "&lt;";
    else
      result += letter;
  }
  return result;
}

std::vector<Dot> dots_of(const std::vector<json>& studies, const std::string& body,
                         const std::string& what) {
  std::vector<Dot> dots;
  for (const json& study : studies) {
    if (study["body"] != body) continue;
    const auto wanted = [&](const json& row) { return row["what"] == what; };
    for (const Compared& row : compared_rows({&study}, "values", wanted))
      dots.push_back({.truth = row.truth,
                      .off = row.measured - row.truth,
                      .thickness_mm = study["thickness"].get<double>(),
                      .harder = study.value("harder", false)});
  }
  return dots;
}

/// From numbers to places on the page.
struct Axis {
  double least, most, from, to;
  double place(double value) const { return from + (value - least) / (most - least) * (to - from); }
};

Axis axis_of(double least, double most, double from, double to) {
  const double margin = std::max((most - least) * 0.08, 1e-6);
  return {.least = least - margin, .most = most + margin, .from = from, .to = to};
}

/// 1, 2 or 5 times a power of ten: about five steps.
double step_of(const Axis& axis) {
  const double rough = (axis.most - axis.least) / 5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0})
    if (rough <= times * power) return times * power;
  return 10 * power;
}

/// ` name="value"`.
std::string with(const char* name, const std::string& value) {
  return std::string(" ") + name + R"(=")" + value + R"(")";
}

std::string with(const char* name, double value) {
  return with(name, number(value, 1));
}

std::string words(double x, double y, const std::string& anchor, const std::string& text) {
  return "<text" + with("x", x) + with("y", y) + with("text-anchor", anchor) + ">" + escaped(text) +
         "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& kind) {
  return "<line" + with("class", kind) + with("x1", x1) + with("y1", y1) + with("x2", x2) +
         with("y2", y2) + "/>\n";
}

std::string circle(double x, double y, double radius, const std::string& colour, bool hollow) {
  return "<circle" + with("cx", x) + with("cy", y) + with("r", radius) + with("stroke", colour) +
         with("fill", hollow ? "none" : colour) + "/>\n";
}

std::string ticks(const Axis& x, const Axis& y) {
  std::string text;
  const auto decimals = [](double step) { return step < 0.1 ? 2 : step < 1 ? 1 : 0; };
  const double step_x = step_of(x), step_y = step_of(y);
  for (int i = static_cast<int>(std::ceil(x.least / step_x)); i * step_x <= x.most; ++i)
    text += words(x.place(i * step_x), height - bottom + 13, "middle",
                  number(i * step_x, decimals(step_x)));
  for (int i = static_cast<int>(std::ceil(y.least / step_y)); i * step_y <= y.most; ++i) {
    text += line(left, y.place(i * step_y), width - right, y.place(i * step_y), "grid");
    text += words(left - 4, y.place(i * step_y) + 3, "end", number(i * step_y, decimals(step_y)));
  }
  return text;
}

const char* colour_of(double thickness_mm) {
  return thickness_mm <= 1 ? "#0b62a4" : thickness_mm <= 2.5 ? "#d9822b" : "#a32a5c";
}

std::string plot(const std::vector<Dot>& dots, const std::string& title, const std::string& unit) {
  std::vector<double> truths, offs, plain;
  for (const Dot& dot : dots) {
    truths.push_back(dot.truth);
    offs.push_back(dot.off);
    if (!dot.harder) plain.push_back(dot.off);
  }
  const double bias = mean(plain), sd = deviation(plain);
  offs.push_back(0);
  if (!std::isnan(sd)) offs.insert(offs.end(), {bias - 1.96 * sd, bias + 1.96 * sd});
  const auto [low_x, high_x] = std::ranges::minmax(truths);
  const auto [low_y, high_y] = std::ranges::minmax(offs);
  const Axis x = axis_of(low_x, high_x, left, width - right);
  const Axis y = axis_of(low_y, high_y, height - bottom, top);
  std::string text = ticks(x, y);
  text += line(left, y.place(0), width - right, y.place(0), "zero");
  if (!std::isnan(sd))
    for (const double at : {bias - 1.96 * sd, bias, bias + 1.96 * sd})
      text += line(left, y.place(at), width - right, y.place(at), at == bias ? "bias" : "limit");
  for (const Dot& dot : dots)
    text +=
        circle(x.place(dot.truth), y.place(dot.off), 2.6, colour_of(dot.thickness_mm), dot.harder);
  text += R"(<g class="title">)" + words(left, 18, "start", title) + "</g>";
  text += words((left + width) / 2, height - 8, "middle", "painted, " + unit);
  return text;
}

std::string unit_of(const std::vector<json>& studies, const std::string& what) {
  for (const json& study : studies)
    for (const json& row : study["values"])
      if (const std::string unit = row.value("unit", ""); row["what"] == what && !unit.empty())
        return unit == "1" ? "no unit" : unit == "[hnsf'U]" ? "HU" : unit;
  return "";
}

std::string legend() {
  constexpr std::array<std::pair<double, const char*>, 3> kinds{
      {{1, "slices of 1 mm"}, {2.5, "2.5 mm"}, {5, "5 mm"}}};
  std::string text;
  double x = left;
  for (const auto& [thickness, name] : kinds) {
    text += circle(x, 14, 4, colour_of(thickness), false) + words(x + 9, 18, "start", name);
    x += 100;
  }
  text += circle(x, 14, 4, "#333", true);
  text += words(x + 9, 18, "start", "harder study");
  return text +
         words(x + 110, 18, "start", "measured less painted; lines: bias and limits of agreement");
}

}  // namespace

std::string plots(const std::vector<json>& studies, const std::string& body) {
  Studies chosen;
  for (const json& study : studies)
    if (study["body"] == body) chosen.push_back(&study);
  std::vector<std::string> panels;
  for (const std::string& what : distinct(chosen, "values", "what"))
    if (const auto dots = dots_of(studies, body, what); dots.size() > 1)
      panels.push_back(plot(dots, what, unit_of(studies, what)));
  if (panels.empty()) return {};
  constexpr int columns = 3;
  constexpr double head = 30;
  const auto rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  const std::string size = number(columns * width, 0) + " " + number(head + rows * height, 0);
  std::string text = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + size +
                     R"(" font-family="sans-serif" font-size="10" fill="#333">
<style>.grid{stroke:#e4e4e4}.zero{stroke:#888}.bias{stroke:#111;stroke-width:1.4}
.limit{stroke:#111;stroke-dasharray:5 3}.title{font-size:11px;font-weight:bold}</style>
<rect width="100%" height="100%" fill="#fff"/>
)" + legend();
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const int index = static_cast<int>(i), row = index / columns;
    text += R"(<g transform="translate()" + number(index % columns * width, 0) + " " +
            number(head + row * height, 0) + ")\">\n" + panels[i] + "</g>\n";
  }
  return text + "</svg>\n";
}

}  // namespace tomoscribe::evaluation
