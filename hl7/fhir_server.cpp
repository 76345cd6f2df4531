#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "dicom/utf8.h"
#include "hl7/detail/fhir_etag.h"
#include "hl7/detail/fhir_resources.h"
#include "hl7/detail/fhir_search.h"
#include "hl7/fhir.h"

namespace tomoscribe::hl7 {
namespace {

using detail::Json;
using detail::Refused;
using detail::Search;
using dicom::HttpRequest;
using dicom::HttpResponse;
using reporting::ReportStore;
using reporting::ReportVersion;

constexpr const char* fhir_json = "application/fhir+json; fhirVersion=4.0; charset=utf-8";

HttpResponse answer(int status, const Json& json) {
  return HttpResponse::json(status, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n",
                            fhir_json);
}

HttpResponse refusal(int status, const char* code, const std::string& sentence) {
  return answer(status, detail::operation_outcome("error", code, sentence));
}

/// One resource type: how it is made from a report version, and what may be searched.
struct Type {
  std::function<std::vector<Json>(const ReportVersion&)> resources;
  std::vector<const char*> parameters;
};

const std::map<std::string, Type>& types() {
  static const std::map<std::string, Type> all{
      {"DiagnosticReport",
       {[](const ReportVersion& v) { return std::vector{detail::diagnostic_report(v)}; },
        {"_id", "patient", "identifier", "status", "_count"}}},
      {"Observation",
       {[](const ReportVersion& v) { return detail::observations(v); },
        {"_id", "patient", "identifier", "status", "_count"}}},
      {"ImagingStudy",
       {[](const ReportVersion& v) { return std::vector{detail::imaging_study(v)}; },
        {"_id", "patient", "identifier", "status", "_count"}}},
      {"Patient",
       {[](const ReportVersion& v) { return std::vector{detail::patient(v)}; },
        {"_id", "identifier", "_count"}}},
      {"ServiceRequest",
       {[](const ReportVersion& v) {
          return v.order ? std::vector{detail::service_request(v)} : std::vector<Json>();
        },
        {"_id", "patient", "identifier", "status", "_count"}}},
      {"Device",
       {[](const ReportVersion& v) { return std::vector{detail::device(v)}; }, {"_id", "_count"}}},
      {"Practitioner",
       {[](const ReportVersion& v) {
          return v.signature ? std::vector{detail::practitioner(v)} : std::vector<Json>();
        },
        {"_id", "_count"}}},
      {"Provenance",
       {[](const ReportVersion& v) { return std::vector{detail::provenance(v)}; },
        {"_id", "_count"}}},
  };
  return all;
}

class FhirServer {
 public:
  explicit FhirServer(ReportStore& store) : store_(store) {}

  HttpResponse handle(const HttpRequest& request) const try {
    check_format(request);
    auto path = dicom::path_segments(request.path);
    if (path.size() < 3 || path[0] != "fhir" || path[1] != "R4")
      throw Refused{404, "not-found", "nothing is served here; see /fhir/R4/metadata"};
    path.erase(path.begin(), path.begin() + 2);
    if (path[0] == "metadata" && path.size() == 1)
      return only_get(request), answer(200, capability_statement(request));
    const auto type = types().find(path[0]);
    if (type == types().end())
      throw Refused{404, "not-supported",
                    "this resource type is not served; see /fhir/R4/metadata"};
    if (path.size() == 1) return only_get(request), search(request, *type, request.query);
    if (path.size() == 2 && path[1] == "_search") return posted_search(request, *type);
    only_get(request);
    check_id(path[1]);
    if (path.size() == 2) return read(request, *type, path[1]);
    if (path.size() == 4 && path[2] == "_history" && path[0] == "DiagnosticReport")
      return vread(request, path[1], path[3]);
    throw Refused{404, "not-found", "nothing is served here; see /fhir/R4/metadata"};
  } catch (const Refused& refused) {
    HttpResponse response = refusal(refused.status, refused.code, refused.sentence);
    if (!refused.allow.empty()) response.headers["Allow"] = refused.allow;
    return response;
  }

 private:
  /// R4 data type id: nothing else reaches the store.
  static void check_id(std::string_view text) {
    const bool is_id = text.size() <= 64 && std::ranges::all_of(text, [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                (c >= 'a' && c <= 'z') || c == '-' || c == '.';
                       });
    if (!is_id) throw Refused{404, "not-found", "there is no such resource"};
  }

  static void only_get(const HttpRequest& request) {
    if (request.method != "GET" && request.method != "HEAD")
      throw Refused{405, "not-supported", "only reading and searching are supported", "GET, HEAD"};
  }

  static void check_format(const HttpRequest& request) {
    const std::string format = request.parameter("_format").value_or(request.header("Accept"));
    const bool takes_json = format.empty() || format.find("json") != std::string::npos ||
                            format.find("*/*") != std::string::npos ||
                            format.find("application/*") != std::string::npos ||
                            format.find("text/html") != std::string::npos;
    if (!takes_json)
      throw Refused{406, "not-supported", "only JSON is served (application/fhir+json)"};
  }

  /// The version that FHIR shows of a study: the newest signed one, else the newest.
  std::optional<ReportVersion> shown(const dicom::StudyUid& study) const {
    auto version = store_.latest(study, reporting::Which::signed_off);
    return version ? version : store_.latest(study);
  }

  static HttpResponse tagged(const HttpRequest& request, const ReportVersion& version,
                             const Json& resource) {
    const std::string etag = detail::etag(version, resource);
    if (detail::names_etag(request.header("If-None-Match"), etag))
      return {.status = 304, .headers = {{"ETag", etag}}};
    HttpResponse response = answer(200, resource);
    response.headers["ETag"] = etag;
    return response;
  }

  HttpResponse read(const HttpRequest& request, const std::pair<const std::string, Type>& type,
                    const std::string& id) const {
    for (const ReportVersion& version : candidates(type.first, id))
      for (const Json& resource : type.second.resources(version))
        if (resource["id"] == id) return tagged(request, version, resource);
    throw Refused{404, "not-found", "there is no such resource"};
  }

  /// Versions that may hold a resource of that id: one where the id names its study or report, else
  /// all that are shown.
  std::vector<ReportVersion> candidates(const std::string& type, const std::string& id) const {
    std::vector<ReportVersion> found;
    const auto add = [&](std::optional<ReportVersion> version) {
      if (version) found.push_back(std::move(*version));
    };
    if (type == "ImagingStudy") {
      if (const auto uid = dicom::StudyUid::parse(id)) add(shown(*uid));
    } else if (type == "DiagnosticReport" || type == "Observation") {
      const std::string report = id.substr(0, id.find("-f"));
      const auto numbers = store_.versions(report);
      if (!numbers.empty())
        if (const auto newest = store_.version(report, numbers.back()))
          add(shown(newest->study.uid));
    } else {
      each_shown({}, [&](const ReportVersion& version) {
        found.push_back(version);
        return true;
      });
    }
    return found;
  }

  HttpResponse vread(const HttpRequest& request, const std::string& id,
                     const std::string& number_text) const {
    int number = 0;
    const auto [end, error] =
        std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
    if (error == std::errc{} && end == number_text.data() + number_text.size())
      if (const auto version = store_.version(id, number))
        return tagged(request, *version, detail::diagnostic_report(*version));
    throw Refused{404, "not-found", "there is no such version"};
  }

  /// Shown versions of the studies of a query, newest first, until `visit` says false. All of them
  /// for a patient: a study may have another patient now than when its report was signed.
  void each_shown(reporting::StudyQuery query,
                  const std::function<bool(const ReportVersion&)>& visit) const {
    query.limit = 100;
    for (query.offset = 0;; query.offset += query.limit) {
      const auto rows = store_.studies(query);
      const bool goes_on = std::ranges::all_of(rows, [&](const reporting::StudyRow& row) {
        const auto version = row.version > 0 ? shown(row.uid) : std::nullopt;
        return !version || visit(*version);
      });
      if (!goes_on || static_cast<int>(rows.size()) < query.limit) return;
    }
  }

  HttpResponse posted_search(const HttpRequest& request,
                             const std::pair<const std::string, Type>& type) const {
    if (request.method != "POST") throw Refused{405, "not-supported", "_search takes POST", "POST"};
    if (request.header("Content-Type").find("application/x-www-form-urlencoded") ==
        std::string::npos)
      throw Refused{415, "not-supported", "_search takes application/x-www-form-urlencoded", {}};
    auto query = request.query;
    for (const auto& pair : detail::form_fields(request.body)) {
      if (!dicom::is_storable_text(pair.first) || !dicom::is_storable_text(pair.second))
        throw Refused{400, "invalid", "a search parameter is no text", {}};
      query.push_back(pair);
    }
    return search(request, type, query);
  }

  /// A report answers to its study's identifiers too: accession number and Study Instance UID.
  static Json with_study_identifiers(const ReportVersion& version, Json resource) {
    if (resource["resourceType"] == "DiagnosticReport" ||
        resource["resourceType"] == "Observation") {
      const Json study = detail::imaging_study(version);  // a name: the loop keeps no temporary
      for (const Json& identifier : study["identifier"])
        resource["identifier"].push_back(identifier);
    }
    return resource;
  }

  /// Narrows where the database can: an accession number or Study Instance UID.
  /// Search::matches() decides.
  reporting::StudyQuery narrowed(const std::string& type, const Search& search) const {
    const std::string value = detail::identifier_value(search.only("identifier"));
    reporting::StudyQuery query{.limit = 1};
    const auto finds = [&] { return !store_.studies(query).empty(); };
    if (value.empty() || type == "Patient" || type == "ServiceRequest") return {};
    if (const auto uid = dicom::StudyUid::parse(value)) query.study = uid;
    if (query.study && finds()) return query;
    query.study.reset();
    if (const auto accession = dicom::AccessionNumber::parse(value))
      query.accession = accession->str();
    return query.accession.empty() || !finds() ? reporting::StudyQuery{} : query;
  }

  struct Page {
    Json entries = Json::array();
    int matched = 0;    ///< so far: all of them when there are no more
    bool more = false;  ///< than this page holds
  };

  /// The page that the search asks for; all matches are counted when it asks for none.
  Page page(const std::pair<const std::string, Type>& type, const Search& search,
            const std::string& url) const {
    Page page;
    std::set<std::string> seen;
    each_shown(narrowed(type.first, search), [&](const ReportVersion& version) {
      for (const Json& resource : type.second.resources(version)) {
        if (!search.matches(with_study_identifiers(version, resource)) ||
            !seen.insert(resource["id"]).second)
          continue;
        if (page.matched++ < search.offset || search.count == 0) continue;
        page.more = static_cast<int>(page.entries.size()) >= search.count;
        if (page.more) return false;
        page.entries.push_back({{"fullUrl", url + "/" + resource["id"].get<std::string>()},
                                {"resource", resource},
                                {"search", {{"mode", "match"}}}});
      }
      return true;
    });
    return page;
  }

  HttpResponse search(const HttpRequest& request, const std::pair<const std::string, Type>& type,
                      const detail::SearchPairs& query) const {
    const Search search = Search::understood(request, type.second.parameters, query);
    const std::string url = request.base_url + "/fhir/R4/" + type.first;
    Page found = page(type, search, url);
    Json bundle{{"resourceType", "Bundle"}, {"type", "searchset"}};
    if (!found.more) bundle["total"] = found.matched;
    bundle["link"] = {{{"relation", "self"}, {"url", search.link(url, search.offset)}}};
    if (found.more)
      bundle["link"].push_back(
          {{"relation", "next"}, {"url", search.link(url, search.offset + search.count)}});
    if (search.ignored) found.entries.push_back(ignored_parameter());
    if (!found.entries.empty()) bundle["entry"] = std::move(found.entries);
    return answer(200, bundle);
  }

  static Json ignored_parameter() {
    return {{"resource",
             detail::operation_outcome("warning", "not-supported",
                                       "a search parameter is not supported and was ignored")},
            {"search", {{"mode", "outcome"}}}};
  }

  static Json capability_statement(const HttpRequest& request) {
    Json resources = Json::array();
    for (const auto& [name, type] : types()) {
      Json interactions{{{"code", "read"}}, {{"code", "search-type"}}};
      if (name == "DiagnosticReport") interactions.push_back({{"code", "vread"}});
      Json parameters = Json::array();
      for (const char* parameter : type.parameters) {
        const std::string text = parameter;
        if (text == "_count") continue;
        parameters.push_back({{"name", text}, {"type", text == "patient" ? "reference" : "token"}});
      }
      resources.push_back({{"type", name},
                           {"interaction", interactions},
                           {"versioning", name == "DiagnosticReport" ? "versioned" : "no-version"},
                           {"searchParam", parameters}});
    }
    return {{"resourceType", "CapabilityStatement"},
            {"status", "active"},
            {"date", "2026-11-24"},
            {"kind", "instance"},
            {"software", {{"name", "Tomoscribe"}}},
            {"implementation",
             {{"description", "Tomoscribe: CT draft reports; not a medical device"},
              {"url", request.base_url + "/fhir/R4"}}},
            {"fhirVersion", "4.0.1"},
            {"format", {"application/fhir+json"}},
            {"rest", {{{"mode", "server"}, {"resource", resources}}}}};
  }

  ReportStore& store_;
};

}  // namespace

dicom::HttpHandler fhir_handler(reporting::ReportStore& store) {
  return
      [server = FhirServer(store)](const HttpRequest& request) { return server.handle(request); };
}

HttpResponse fhir_refusal(int status, const std::string& sentence) {
  const char* code = status == 401   ? "login"
                     : status == 403 ? "forbidden"
                     : status == 404 ? "not-found"
                     : status == 405 ? "not-supported"
                     : status >= 500 ? "transient"
                                     : "invalid";
  return refusal(status, code, sentence);
}

}  // namespace tomoscribe::hl7
