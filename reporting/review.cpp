#include "reporting/review.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <utility>

#include "reporting/detail/review_json.h"
#include "reporting/detail/static_page.h"
#include "reporting/edit.h"
#include "reporting/faces.h"
#include "reporting/structured_report.h"

namespace tomoscribe::reporting {
namespace {

using detail::error_json;
using dicom::HttpRequest;
using dicom::HttpResponse;

HttpResponse api_answer(int status, std::string json) {
  HttpResponse response = HttpResponse::json(status, std::move(json));
  response.headers["Cache-Control"] = "no-store";
  return response;
}

HttpResponse refused(int status, std::string_view sentence) {
  return api_answer(status, error_json(sentence));
}

HttpResponse not_found() {
  return refused(404, "there is nothing here");
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

HttpResponse download(std::string body, std::string type, const std::string& name) {
  return {.status = 200,
          .headers = {{"Content-Type", std::move(type)},
                      {"Content-Disposition", "attachment; filename=\"" + name + '"'},
                      {"Cache-Control", "private, no-cache"}},
          .body = std::move(body)};
}

HttpResponse face(const ReportVersion& version, const std::string& kind) {
  const std::string name = "report-v" + std::to_string(version.number);
  if (kind == "text")
    return download(to_text_report(version), "text/plain; charset=utf-8", name + ".txt");
  if (kind == "html") return download(to_html(version), "text/html; charset=utf-8", name + ".html");
  if (kind == "sr")
    return download(to_structured_report(version), "application/dicom", name + ".dcm");
  return not_found();
}

/// Who did it, for the audit trail: the account, else the staff number; names stay in the report.
std::string actor(const HttpRequest& request, const Person& signer) {
  if (!request.user.empty()) return request.user;
  return signer.id.empty() ? "page" : "page:" + signer.id;
}

class Review {
 public:
  Review(ReportStore& store, std::filesystem::path page, std::function<Moment()> now,
         Receiver receiver)
      : store_(store),
        page_(std::move(page)),
        now_(std::move(now)),
        receiver_(std::move(receiver)) {}

  HttpResponse answer(const HttpRequest& request) {
    const auto path = dicom::path_segments(request.path);
    if (path.empty() || path.front() != "api") return detail::static_page(page_, request);
    try {
      if (request.method == "POST") return post(request, path);
      if (request.method == "GET" || request.method == "HEAD") return read(request, path);
    } catch (const std::invalid_argument& reason) {
      return refused(400, reason.what());
    } catch (const dicom::Malformed& reason) {
      return refused(400, reason.what());
    }
    HttpResponse response = refused(405, "only GET and POST are known here");
    response.headers["Allow"] = "GET, HEAD, POST";
    return response;
  }

 private:
  using Path = std::vector<std::string>;

  HttpResponse read(const HttpRequest& request, const Path& path);
  HttpResponse post(const HttpRequest& request, const Path& path);
  HttpResponse worklist(const HttpRequest& request);
  HttpResponse study(const HttpRequest& request, const std::string& uid);
  HttpResponse report(const Path& path);
  std::optional<ReportVersion> base_of(const std::string& report_id, int number, int newest);
  HttpResponse change(const HttpRequest& request, const std::string& report_id, bool sign);
  HttpResponse resend(const HttpRequest& request, const std::string& report_id);

  ReportStore& store_;
  std::filesystem::path page_;
  std::function<Moment()> now_;
  Receiver receiver_;
};

HttpResponse Review::read(const HttpRequest& request, const Path& path) {
  if (path.size() == 2 && path[1] == "studies") return worklist(request);
  if (path.size() == 3 && path[1] == "studies") return study(request, path[2]);
  if (path.size() >= 4 && path[1] == "reports" && path[3] == "versions") return report(path);
  return not_found();
}

HttpResponse Review::worklist(const HttpRequest& request) {
  StudyQuery query;
  query.text = request.parameter("text").value_or("");
  const std::string state = request.parameter("state").value_or("");
  if (!state.empty()) {
    query.state = from_text<StudyState>(state);
    if (!query.state) return refused(400, "state is not one of the states of a study");
  }
  for (const auto& [name, field] :
       {std::pair("limit", &query.limit), std::pair("offset", &query.offset)}) {
    const auto text = request.parameter(name);
    if (!text) continue;
    const auto value = number(*text);
    if (!value) return refused(400, std::string(name) + " is not a whole number");
    *field = *value;
  }
  query.limit = std::clamp(query.limit, 1, 1000);
  return api_answer(200, detail::worklist_json(store_.studies(query), receiver_));
}

HttpResponse Review::study(const HttpRequest& request, const std::string& uid) {
  StudyQuery query;
  query.study = dicom::StudyUid(uid);
  query.limit = 1;
  auto rows = store_.studies(query);
  if (rows.empty()) return refused(404, "there is no such study");
  detail::StudyAnswer answer{.row = rows.front()};
  answer.account = request.user_name;
  if (answer.row.report_id) {
    answer.versions = store_.versions(*answer.row.report_id);
    answer.deliveries = store_.deliveries(*answer.row.report_id);
    if (!request.parameter("brief")) {
      const auto latest = store_.latest(*query.study);
      if (latest) {
        answer.report = to_json(*latest);
        answer.label = ai_label(*latest);
      }
      const auto persons = latest && latest->state == ReportState::draft
                               ? store_.latest(*query.study, Which::by_person)
                               : std::optional<ReportVersion>();
      if (persons) answer.persons_version = to_json(*persons);
    }
  }
  return api_answer(200, detail::study_json(answer));
}

HttpResponse Review::report(const Path& path) {
  const std::string& id = path[2];
  if (path.size() == 4) {
    const auto versions = store_.versions(id);
    return versions.empty() ? refused(404, "there is no such report")
                            : api_answer(200, detail::versions_json(versions));
  }
  const auto wanted = number(path[4]);
  if (!wanted) return refused(400, "a version is a whole number");
  const auto version = store_.version(id, *wanted);
  if (!version) return refused(404, "the report has no such version");
  if (path.size() == 5) return api_answer(200, to_json(*version));
  return path.size() == 6 ? face(*version, path[5]) : not_found();
}

HttpResponse Review::post(const HttpRequest& request, const Path& path) {
  if (!request.header("Content-Type").starts_with("application/json"))
    return refused(415, "the request must be application/json");
  if (path.size() == 4 && path[1] == "reports" && (path[3] == "edit" || path[3] == "sign"))
    return change(request, path[2], path[3] == "sign");
  if (path.size() == 5 && path[1] == "reports" && path[3] == "deliveries" && path[4] == "resend")
    return resend(request, path[2]);
  return not_found();
}

/// The version that a change starts from: the newest, or a person's own after which only software
/// made drafts. nullopt: somebody else was quicker.
std::optional<ReportVersion> Review::base_of(const std::string& report_id, int number, int newest) {
  auto version = store_.version(report_id, number);
  if (!version || number == newest) return version;
  const auto persons = store_.latest(version->study.uid, Which::by_person);
  if (!persons || persons->number != number) version.reset();
  return version;
}

HttpResponse Review::change(const HttpRequest& request, const std::string& report_id, bool sign) {
  detail::Change change = detail::parse_change(request.body);
  if (!request.user.empty())
    change.signer.id = request.user;  // who signed in, not who they say they are
  if (!request.user_name.empty())
    change.signer.name = dicom::PersonName::parse_pn(request.user_name);
  const auto versions = store_.versions(report_id);
  if (versions.empty()) return refused(404, "there is no such report");
  const int newest = *std::ranges::max_element(versions);
  const auto base = base_of(report_id, change.base, newest);
  if (!base) return api_answer(412, detail::conflict_json(change.base, newest));
  if (change.edits.empty() && !sign) return refused(400, "there is nothing to change");
  if (change.edits.empty() && is_signed(base->state))
    return refused(409, "this version is signed already and nothing was changed");

  const Moment now = now_();
  ReportVersion made =
      change.edits.empty() ? *base : edited(*base, newest + 1, change.edits, change.signer, now);
  if (sign) {
    const bool follows_signed = store_.latest(base->study.uid, Which::signed_off).has_value();
    made = signed_version(made, newest + 1, change.signer, now, follows_signed);
    made.predecessor = base->number;  // edits and signature are one version
  }
  try {
    store_.append(made, actor(request, change.signer));
  } catch (const Conflict&) {
    const auto after = store_.versions(report_id);
    return api_answer(412, detail::conflict_json(newest, *std::ranges::max_element(after)));
  }
  return api_answer(201, detail::made_json(made.number, to_json(made)));
}

HttpResponse Review::resend(const HttpRequest& request, const std::string& report_id) {
  const detail::Resend wanted = detail::parse_resend(request.body);
  const auto rows = store_.deliveries(report_id);
  const bool known = std::ranges::any_of(rows, [&](const DeliveryRow& row) {
    return row.version == wanted.version && row.destination == wanted.destination;
  });
  if (!known) return refused(404, "this version has no delivery to that destination");
  if (!store_.resend(report_id, wanted.version, wanted.destination, actor(request, {})))
    return refused(409, "it is being sent now, or a later version goes to that destination");
  return api_answer(202, "{}");
}

}  // namespace

dicom::HttpHandler review_handler(ReportStore& store, std::filesystem::path page,
                                  std::function<Moment()> now, Receiver receiver) {
  auto review =
      std::make_shared<Review>(store, std::move(page), std::move(now), std::move(receiver));
  return [review](const HttpRequest& request) { return review->answer(request); };
}

}  // namespace tomoscribe::reporting
