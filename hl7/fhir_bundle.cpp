#include "hl7/detail/fhir_resources.h"
#include "hl7/fhir.h"

namespace tomoscribe::hl7 {

std::string to_fhir_bundle(const reporting::ReportVersion& version, const std::string& base_url) {
  std::vector<detail::Json> resources{detail::diagnostic_report(version), detail::patient(version),
                                      detail::imaging_study(version), detail::device(version),
                                      detail::provenance(version)};
  if (version.order) resources.push_back(detail::service_request(version));
  if (version.signature) resources.push_back(detail::practitioner(version));
  for (detail::Json& observation : detail::observations(version))
    resources.push_back(std::move(observation));
  detail::Json bundle{{"resourceType", "Bundle"},
                      {"id", dicom::uid_from_name("bundle|" + version.report_id + "|" +
                                                  std::to_string(version.number))},
                      {"type", "collection"},
                      {"timestamp", version.created.iso()},
                      {"entry", detail::Json::array()}};
  for (detail::Json& resource : resources) {
    const std::string url = base_url + "/" + resource["resourceType"].get<std::string>() + "/" +
                            resource["id"].get<std::string>();
    bundle["entry"].push_back({{"fullUrl", url}, {"resource", std::move(resource)}});
  }
  return bundle.dump(1, ' ', false, detail::Json::error_handler_t::replace) + "\n";
}

}  // namespace tomoscribe::hl7
