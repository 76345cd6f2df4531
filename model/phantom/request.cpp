#include "model/phantom/request.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "model/phantom/detail/steady.h"

namespace tomoscribe::model::phantom {

namespace {

struct Complaint {
  std::string_view kind;  ///< KindRow::word
  std::string_view indication, history;
};

// A star stands for the side.
constexpr std::array complaints{
    Complaint{"nodule", "Follow-up of a shadow in the * lung", "smoked for many years"},
    Complaint{"mass", "Weight loss and cough, shadow in the * lung", "smoked for many years"},
    Complaint{"consolidation", "Fever and cough, * basal crackles", "treated for pneumonia"},
    Complaint{"ground-glass", "Dry cough and breathlessness", "fever for some days"},
    Complaint{"effusion", "Breathlessness, dull percussion on the *", "heart failure"},
    Complaint{"loculated-effusion", "Fever, dull percussion on the *", "treated for pneumonia"},
    Complaint{"pneumothorax", "Sudden * chest pain", "tall and slim, no earlier lung disease"},
    Complaint{"emphysema", "Breathlessness on exertion", "chronic obstructive lung disease"},
    Complaint{"coronary-calcium", "Chest pain on exertion", "high blood pressure, diabetes"},
    Complaint{"aortic-calcium", "Assessment of the aorta", "high blood pressure"},
    Complaint{"aneurysm", "Pulsating feeling, assessment of the aorta", "high blood pressure"},
    Complaint{"mural-thrombus", "Assessment of a known aneurysm", "high blood pressure"},
    Complaint{"compression", "Back pain after a fall", "known osteoporosis"},
    Complaint{"haemorrhage", "Sudden weakness, * hemisphere suspected", "takes anticoagulants"},
    Complaint{"epidural", "Head injury on the *, drowsy", "fell from a ladder"},
    Complaint{"subdural", "Increasing headache, * side worse", "fell some weeks ago"},
    Complaint{"subarachnoid", "Thunderclap headache", "no earlier headaches"},
    Complaint{"infarct", "Sudden speech or motor deficit, * hemisphere suspected",
              "atrial fibrillation"},
    Complaint{"midline-shift", "Declining consciousness", "head injury"},
    Complaint{"hydrocephalus", "Gait disturbance and headache", "earlier meningitis"},
    Complaint{"stone", "Colic in the * flank", "earlier kidney stones"},
    Complaint{"cyst", "Lesion of the * kidney on ultrasound", "no complaints"},
    Complaint{"liver-cyst", "Lesion of the liver on ultrasound", "no complaints"},
    Complaint{"lesion", "Lesion of the liver on ultrasound", "treated for bowel cancer"},
    Complaint{"steatosis", "Raised liver enzymes", "overweight"},
    Complaint{"free-air", "Sudden severe abdominal pain, rigid abdomen", "known ulcer"},
    Complaint{"ascites", "Swelling of the abdomen", "cirrhosis of the liver"},
    Complaint{"hydronephrosis", "Pain in the * flank, obstruction suspected", "raised creatinine"},
};

constexpr std::array<std::array<std::string_view, 3>, 3> of_a_sound_body{
    {{"Cough for some weeks", "Staging", "Check before an operation"},
     {"Headache", "Dizziness", "Fall, anticoagulants"},
     {"Abdominal pain", "Weight loss", "Staging"}}};
constexpr std::array<std::string_view, 5> irrelevant_facts{
    "appendix removed in childhood", "wears hearing aids", "allergic to penicillin",
    "works in a bakery", "fractured a wrist years ago"};

std::string with_side(std::string_view words, std::string_view side) {
  std::string text(words);
  const std::size_t star = text.find('*');
  if (star == std::string::npos) return text;
  if (!side.empty()) return text.replace(star, 1, side);
  // Without a side the words around it close up.
  return text.erase(star, text.size() > star + 1 && text[star + 1] == ' ' ? 2 : 1);
}

}  // namespace

Request request_of(const Phantom& phantom) {
  Counter random(phantom.settings.seed, 90);
  Request request;
  const double odd = random.uniform(), wrong = random.uniform(), pick = random.uniform();
  request.irrelevant = odd < 0.2;
  const auto shown = std::ranges::find_if(phantom.truth, [](const Truth& truth) {
    return truth.role == Truth::Role::finding && truth.expected;
  });
  const auto complaint =
      shown == phantom.truth.end()
          ? complaints.end()
          : std::ranges::find(complaints, std::string_view(shown->kind), &Complaint::kind);
  if (complaint == complaints.end()) {
    const auto& choice = of_a_sound_body.at(static_cast<std::size_t>(phantom.settings.body));
    request.indication = choice.at(static_cast<std::size_t>(pick * 3));
  } else {
    request.contradictory = wrong < 0.05 && !shown->side.empty() &&
                            complaint->indication.find('*') != std::string_view::npos;
    const std::string_view side = !request.contradictory   ? std::string_view(shown->side)
                                  : shown->side == "right" ? "left"
                                                           : "right";
    request.indication = with_side(complaint->indication, side);
    request.history.emplace_back(complaint->history);
  }
  if (request.irrelevant)
    request.history.emplace_back(irrelevant_facts.at(static_cast<std::size_t>(pick * 5)));
  return request;
}

}  // namespace tomoscribe::model::phantom
