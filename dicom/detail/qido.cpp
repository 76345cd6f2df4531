#include "dicom/detail/qido.h"

#include <optional>
#include <string_view>

#include "dicom/detail/dicom_json.h"

namespace tomoscribe::dicom::detail {
namespace {

std::string attribute(std::string_view tag, std::string_view vr, const std::string& value) {
  std::string text = "\"";
  text.append(tag).append(R"(":{"vr":")").append(vr).append("\"");
  if (!value.empty()) text.append(",\"Value\":[").append(value).append("]");
  text += '}';
  return text;
}

std::string text_attribute(std::string_view tag, std::string_view vr, std::string_view value) {
  return attribute(tag, vr, value.empty() ? std::string() : json_string(value));
}

std::string number_attribute(std::string_view tag, std::string_view vr, std::optional<int> value) {
  return attribute(tag, vr, value ? std::to_string(*value) : std::string());
}

}  // namespace

std::string series_rows(const StudyUid& study, const std::vector<IndexedSeries>& found,
                        const std::string& base_url) {
  std::vector<std::string> rows;
  rows.reserve(found.size());
  for (const IndexedSeries& series : found) {
    rows.push_back('{' + text_attribute("00080060", "CS", series.modality) + ',' +
                   text_attribute("0008103E", "LO", series.description) + ',' +
                   text_attribute("00081190", "UR",
                                  base_url + "/dicom-web/studies/" + study.str() + "/series/" +
                                      series.uid.str()) +
                   ',' + text_attribute("0020000D", "UI", study.str()) + ',' +
                   text_attribute("0020000E", "UI", series.uid.str()) + ',' +
                   number_attribute("00200011", "IS", series.number) + ',' +
                   number_attribute("00201209", "IS", series.instances) + '}');
  }
  return json_array(rows);
}

std::string instance_rows(const StudyUid& study, const SeriesUid& series,
                          const std::vector<IndexedInstance>& found, const std::string& base_url) {
  const std::string series_url =
      base_url + "/dicom-web/studies/" + study.str() + "/series/" + series.str();
  std::vector<std::string> rows;
  rows.reserve(found.size());
  for (const IndexedInstance& instance : found) {
    rows.push_back(
        '{' + text_attribute("00080016", "UI", instance.sop_class) + ',' +
        text_attribute("00080018", "UI", instance.uid.str()) + ',' +
        text_attribute("00081190", "UR", series_url + "/instances/" + instance.uid.str()) + ',' +
        text_attribute("0020000D", "UI", study.str()) + ',' +
        text_attribute("0020000E", "UI", series.str()) + ',' +
        number_attribute("00200013", "IS", instance.number) + ',' +
        number_attribute("00280008", "IS", instance.frames) + ',' +
        number_attribute("00280010", "US", instance.rows) + ',' +
        number_attribute("00280011", "US", instance.columns) + '}');
  }
  return json_array(rows);
}

}  // namespace tomoscribe::dicom::detail
