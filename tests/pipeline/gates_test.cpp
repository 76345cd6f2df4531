// Every gate: a phantom with the fault that it must see, and the sound phantom that it must pass.
// Here what headers and scale say; gates_pixels_test.cpp has what the pixels show.

#include "pipeline/gates/gates.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "pipeline/gates/hounsfield.h"
#include "pipeline/gates/parts.h"
#include "tests/pipeline/gates_phantom.h"

namespace tomoscribe::pipeline::gates {

namespace {

using testing::HasSubstr;
using testing::StartsWith;

class GatesOfPhantom : public Phantom {};

TEST_F(GatesOfPhantom, PassesEveryGateWithoutAWord) {
  const Gates gates = run_all(scene());
  ASSERT_EQ(gates.results.size(), all().size());
  for (const Result& result : gates.results) {
    EXPECT_EQ(result.outcome, Outcome::pass) << result.gate << ": " << result.reason;
    EXPECT_EQ(result.reason, "") << result.gate;
  }
  for (const Use use : all_uses()) EXPECT_TRUE(gates.allowed(use));
}

TEST(Gates, AnswerWithTheFirstReasonThatForbids) {
  Gates gates;
  gates.results = {{.gate = "a", .reason = "said"},
                   {.gate = "b", .outcome = Outcome::restrict, .uses = {Use::fat}, .reason = "cut"},
                   {.gate = "c",
                    .outcome = Outcome::restrict,
                    .uses = {Use::fat, Use::calcium},
                    .reason = "metal",
                    .slices = {4, 5}}};
  EXPECT_TRUE(gates.allowed(Use::volume));
  EXPECT_EQ(gates.allowed(Use::fat).reason, "cut");
  EXPECT_EQ(gates.allowed(Use::calcium).reason, "metal");
  EXPECT_TRUE(gates.excludes(5));
  EXPECT_FALSE(gates.excludes(6));
  EXPECT_THAT(gates.sentences(),
              testing::ElementsAre("said", "cut; not assessed for that: fat and muscle",
                                   "metal; not assessed for that: fat and muscle, calcium"));
  gates.results.push_back({.gate = "d", .outcome = Outcome::stop, .reason = "no CT"});
  EXPECT_EQ(gates.allowed(Use::volume).reason, "no CT");
}

TEST_F(GatesOfPhantom, OfAnotherKindOfImageIsStopped) {
  const auto type = [](const char* word) {
    return with_header(not_ct, [&](dicom::InstanceHeader& header) {
      header.image_type = {"ORIGINAL", "PRIMARY", word};
    });
  };
  EXPECT_EQ(type("LOCALIZER").outcome, Outcome::stop);
  EXPECT_EQ(type("LOCALIZER").reason, "localizer, not a volume");
  EXPECT_EQ(type("AXIAL").outcome, Outcome::pass);
  const auto why = [](const auto& change) { return with_header(not_ct, change).reason; };
  EXPECT_EQ(why([](auto& header) { header.modality = "MR"; }), "modality MR, not CT");
  EXPECT_EQ(why([](auto& header) { header.sop_class = "1.2.840.10008.5.1.4.1.1.88.67"; }),
            "radiation dose report");
  EXPECT_EQ(why([](auto& header) { header.sop_class = "1.2.840.10008.5.1.4.1.1.7"; }),
            "secondary capture (dose page or screen copy)");
}

TEST_F(GatesOfPhantom, WithAShiftedScaleMakesNoClaimOfDensity) {
  Volume volume = part();
  for (std::int16_t& hu : volume.hu) hu = static_cast<std::int16_t>(hu + 60);
  expect_forbids(hounsfield(body_of(volume)), {Use::density, Use::tissue, Use::bone,
                                               Use::low_attenuation, Use::calcium, Use::fat});
  volume = part();
  for (std::int16_t& hu : volume.hu) hu = static_cast<std::int16_t>(std::max(-1024, hu - 1024));
  EXPECT_EQ(why_not_hounsfield(volume),
            "the values are not Hounsfield units: nothing has the density of soft tissue");
}

TEST_F(GatesOfPhantom, WithSoftTissueWhereNoneCanBeMakesNoClaimOfDensity) {
  Volume volume = part();
  for (std::int16_t& hu : volume.hu)
    if (hu > -300) hu = static_cast<std::int16_t>(hu + 80);
  const Result result = hounsfield(body_of(volume));
  EXPECT_EQ(result.outcome, Outcome::restrict);
  EXPECT_THAT(result.reason, StartsWith("the most frequent density in the body is"));
}

TEST_F(GatesOfPhantom, OfAConeBeamOrMegavoltMachineMakesNoClaimOfDensity) {
  const Result cone =
      with_header(hounsfield, [](auto& header) { header.model_name = "On-Board Imager"; });
  EXPECT_THAT(cone.reason, StartsWith("cone beam CT"));
  EXPECT_FALSE(cone.uses.empty());
  const Result mega = with_header(hounsfield, [](auto& header) { header.kvp = 3500; });
  EXPECT_THAT(mega.reason, StartsWith("megavoltage CT"));
  const Result pet =
      with_header(hounsfield, [](auto& header) { header.series_description = "CTAC WB 3.75"; });
  expect_forbids(pet, {Use::low_attenuation, Use::nodules, Use::calcium});
}

TEST(Words, AreWholeUnlessTheyEndInAStar) {
  EXPECT_TRUE(says("ct_ac 3.75mm", {"CT AC"}));
  EXPECT_TRUE(says("CTAC3.75", {"CTAC"}));
  EXPECT_FALSE(says("CT ACUTE STROKE", {"CT AC"}));
  EXPECT_FALSE(says("Behandlung", {"lung*"}));
  EXPECT_TRUE(says("Lungen nativ", {"lung*"}));
  EXPECT_FALSE(says("headache", {"head"}));
  EXPECT_TRUE(says("Schw\u00e4chungskorrektur", {"SCHW\u00c4CHUNGSKORR*"}));
  EXPECT_FALSE(says("", {"CT AC"}));
}

TEST_F(GatesOfPhantom, WhoseDescriptionOnlyLooksLikeAttenuationCorrectionPasses) {
  for (const char* words :
       {"CT ACUTE STROKE", "CT ACETABULUM", "CT ACCIDENT", "CT ACL", "CT AC JOINT LEFT",
        "CT Ac-Gelenk rechts", "TDM ACHILLE", "ABDO AC", "CT acromion", "MACT ACx"})
    EXPECT_EQ(
        with_header(hounsfield, [&](auto& header) { header.series_description = words; }).outcome,
        Outcome::pass)
        << words;
  const Result french = with_header(hounsfield, [](auto& header) {
    header.series_description = "CT AC";  // avec contraste
    header.contrast_agent = "IOMERON";
  });
  EXPECT_EQ(french.outcome, Outcome::pass);
  const Result fields = with_header(hounsfield, [](auto& header) {
    header.series_description = "THORAX CT";
    header.protocol_name = "AC 1";
  });
  EXPECT_EQ(fields.outcome, Outcome::pass);
  for (const char* words :
       {"CT_AC 3.75", "AC CT WB", "Attenuation Corrected CT", "TDM correction d'att\u00e9nuation"})
    EXPECT_EQ(
        with_header(hounsfield, [&](auto& header) { header.series_description = words; }).outcome,
        Outcome::restrict)
        << words;
}

TEST_F(GatesOfPhantom, WithSeveralFaultsOfItsScaleNamesThemAll) {
  Volume volume = part();
  for (std::int16_t& hu : volume.hu) hu = static_cast<std::int16_t>(hu + 60);
  volume.header.series_description = "CTAC WB";
  const Result result = hounsfield(body_of(volume));
  expect_forbids(result, {Use::low_attenuation, Use::nodules, Use::calcium});
  ASSERT_FALSE(result.more.empty());
  expect_forbids(result.more.front(), {Use::density, Use::tissue, Use::bone, Use::low_attenuation,
                                       Use::calcium, Use::fat});
}

TEST_F(GatesOfPhantom, OfAChestIsStoppedWhereAHeadWasOrdered) {
  reporting::Order order{};
  const auto ordered = [&](const char* what) {
    order.procedure.meaning = what;
    scene().order = &order;
    Result result = wrong_region(scene());
    scene().order = nullptr;
    return result;
  };
  EXPECT_EQ(ordered("CT Head W contrast IV").outcome, Outcome::stop);
  EXPECT_THAT(ordered("CT Head").reason, StartsWith("ordered: head; the images show: chest"));
  for (const char* right :
       {"CT Chest", "CT Abdomen", "CT Chest and Abdomen and Pelvis", "CT Thorax", "Behandlung", ""})
    EXPECT_EQ(ordered(right).reason, "") << right;
  for (const char* bone :
       {"CT Hip, femoral head", "CT radial head left", "CT Humeral head", "CT of the head of femur",
        "CT headache protocol", "CT Brainlab navigation", "CT arms over head",
        "CT cerebrospinal fluid leak", "CT Caput femoris, cranial und kaudal"})
    EXPECT_EQ(ordered(bone).outcome, Outcome::pass) << bone;
  for (const char* head :
       {"CT Brain", "CT Cerebral", "CT Skull Base", "Cranial CT", "CT HEAD/NECK"})
    EXPECT_EQ(ordered(head).outcome, Outcome::stop) << head;
  const Result stated =
      with_header(wrong_region, [](auto& header) { header.body_part_examined = "HEAD"; });
  EXPECT_EQ(stated.outcome, Outcome::pass);
  EXPECT_THAT(stated.reason, StartsWith("the header names head as body part"));
}

TEST_F(GatesOfPhantom, WithThickOrGappedSlicesIsRestrictedStepByStep) {
  const auto thick = [](double mm) {
    return with_header(slice_thickness,
                       [mm](auto& header) { header.planes[0].slice_thickness_mm = mm; });
  };
  EXPECT_EQ(thick(2.5).outcome, Outcome::pass);
  expect_forbids(thick(3), {Use::low_attenuation});
  EXPECT_EQ(thick(3).reason, "slice thickness 3.00 mm > 2.5 mm");
  expect_forbids(thick(6), {Use::low_attenuation, Use::nodules, Use::calcium});
  expect_forbids(thick(12), {Use::volume, Use::low_attenuation, Use::nodules, Use::calcium});
  expect_forbids(thick(1), {Use::nodules, Use::calcium});
  EXPECT_EQ(thick(1).reason, "slices 2.50 mm apart and 1.00 mm thick: not all tissue was scanned");
}

TEST_F(GatesOfPhantom, WithThickSlicesAndGapsNamesBoth) {
  Volume volume = part();
  volume.header.planes[0].slice_thickness_mm = 3;
  volume.grid.step_mm[2][2] = 5;
  const Result result = slice_thickness(Scene{.volume = volume});
  expect_forbids(result, {Use::low_attenuation});
  ASSERT_EQ(result.more.size(), 1U);
  expect_forbids(result.more.front(), {Use::nodules, Use::calcium});
  EXPECT_THAT(result.more.front().reason, testing::HasSubstr("not all tissue was scanned"));
}

TEST_F(GatesOfPhantom, OfThinAndThickPartsThatStateNoThicknessIsAsThickAsItsWidestStep) {
  Volume volume = part();
  volume.header.planes[0].slice_thickness_mm.reset();
  volume.grid.step_mm[2][2] = 1;
  EXPECT_EQ(slice_thickness(Scene{.volume = volume}).outcome, Outcome::pass);
  volume.widest_step_mm = 7;
  const Result result = slice_thickness(Scene{.volume = volume});
  expect_forbids(result, {Use::low_attenuation, Use::nodules, Use::calcium});
  EXPECT_THAT(result.reason, StartsWith("slice thickness 7.00 mm"));
}

TEST_F(GatesOfPhantom, WithMissingSlicesGivesNoVolumeAndSaysWhere) {
  Volume volume = good();
  volume.missing = {"1 slice missing between image 30 and image 32 (z 0.0 to 5.0 mm)"};
  volume.kinds.assign(static_cast<std::size_t>(volume.grid.size[2]), SliceKind::image);
  volume.kinds[30] = SliceKind::invented;
  Scene scene = measure::make_scene(volume);
  const Result result = missing_slices(scene);
  expect_forbids(result, {Use::volume, Use::nodules, Use::calcium});
  EXPECT_EQ(result.reason, volume.missing[0]);
  EXPECT_EQ(result.slices, std::vector<int>{30});
  measure::Findings findings;
  for (const measure::Step& step : measure::steps()) step.run(scene, findings);
  for (const char* id : {"lungs", "lungs.right", "lungs.left", "body", "airway"}) {
    const auto& first = measure::finding(findings, id).measurements.at(0);
    EXPECT_FALSE(first.value) << id;
    EXPECT_EQ(first.not_assessed, volume.missing[0]) << id;
  }
}

TEST_F(GatesOfPhantom, OfASharpKernelOrLossyCompressionHasNoLowAttenuation) {
  expect_forbids(
      with_header(noise_and_kernel, [](auto& header) { header.convolution_kernel = "LUNG"; }),
      {Use::low_attenuation, Use::calcium});
  expect_forbids(with_header(noise_and_kernel, [](auto& header) { header.lossy = true; }),
                 {Use::low_attenuation});
}

TEST_F(GatesOfPhantom, AtAnotherEnergyOrWithContrastIsNotComparedWithPublishedLimits) {
  const auto why = [](const auto& change) {
    const Result result = with_header(energy, change);
    const bool enhanced = result.reason.starts_with("contrast");
    if (enhanced)
      expect_forbids(result, {Use::tissue, Use::calcium});
    else if (result.outcome == Outcome::restrict)
      expect_forbids(result, {Use::tissue, Use::bone, Use::calcium});
    return result.reason;
  };
  EXPECT_EQ(why([](auto& header) { header.kvp = 80; }), "tube voltage 80 kV, not 120");
  EXPECT_EQ(why([](auto& header) { header.contrast_agent = "IOHEXOL"; }), "contrast agent given");
  EXPECT_THAT(why([](auto& header) { header.planes[0].rescale_type = "HU_MOD"; }),
              StartsWith("modified Hounsfield units"));
  for (const char* words :
       {"Mono+ 40 keV", "MonoE 70keV", "GSI Monoenergetic", "mono\u00e9nerg\u00e9tique"})
    EXPECT_EQ(why([&](auto& header) { header.series_description = words; }),
              "a virtual image of one energy")
        << words;
  for (const char* words : {"Monophasic", "120 kV", "MONOTHORAX", "harmonie"})
    EXPECT_EQ(why([&](auto& header) { header.series_description = words; }), "") << words;
  EXPECT_EQ(why([](auto& header) {
              header.image_type = {"DERIVED", "SECONDARY", "VMI"};
            }),
            "a virtual image of one energy");
  EXPECT_EQ(why([](auto& header) { header.kvp.reset(); }),
            "the tube voltage is not stated: taken for 120 kV");
}

TEST_F(GatesOfPhantom, OfAChildHasNoAdultNorm) {
  const auto born = [](int year) {
    return with_header(age_and_surgery, [year](auto& header) {
      header.study_header.patient_birth_date =
          std::chrono::year(year) / std::chrono::month(1) / std::chrono::day(3);
    });
  };
  expect_forbids(born(2008), {Use::norms});  // 17 years and 364 days
  EXPECT_THAT(born(2008).reason, StartsWith("the patient is 17 years old"));
  EXPECT_EQ(born(2007).outcome, Outcome::pass);
  const auto aged = [](double years, bool born_1960) {
    return with_header(age_and_surgery, [&](auto& header) {
      header.patient_age_years = years;
      if (born_1960)
        header.study_header.patient_birth_date =
            std::chrono::year(1960) / std::chrono::month(1) / std::chrono::day(3);
    });
  };
  expect_forbids(aged(3, false), {Use::norms});
  EXPECT_THAT(aged(3, false).reason, StartsWith("the patient is 3 years old"));
  EXPECT_EQ(aged(18, false).outcome, Outcome::pass);
  expect_forbids(aged(3, true), {Use::norms});
  EXPECT_THAT(aged(3, true).reason, HasSubstr("contradict each other (65 and 3 years)"));
  EXPECT_EQ(aged(65, true).reason, "");
}

TEST_F(GatesOfPhantom, WithAPlaceholderAsBirthDateHasNoKnownAge) {
  using std::chrono::January, std::chrono::November, std::chrono::year, std::chrono::year_month_day;
  const auto born = [](const year_month_day& day, std::optional<double> age) {
    return with_header(age_and_surgery, [&](auto& header) {
      header.study_header.patient_birth_date = day;
      header.patient_age_years = age;
    });
  };
  const auto study = *dicom::parse_date(scene().volume.header.study_header.study_date);
  for (const year_month_day& day : {year(1900) / January / 1, year(1111) / November / 11, study})
    for (const bool computed : {false, true}) {
      const double years = static_cast<int>(study.year()) - static_cast<int>(day.year());
      const Result result = born(day, computed ? std::optional(years) : std::nullopt);
      // The day of the study itself may be a child's first.
      EXPECT_EQ(result.outcome, day == study ? Outcome::restrict : Outcome::pass);
      EXPECT_THAT(result.reason, HasSubstr("the birth date in the header is a placeholder"));
    }
  expect_forbids(born(study, 7), {Use::norms});
  // Born a day after the study by a clock that is wrong.
  const auto next_day = year_month_day(std::chrono::sys_days(study) + std::chrono::days(1));
  expect_forbids(born(next_day, 0), {Use::norms});
  EXPECT_THAT(born(study, 7).reason, StartsWith("the patient is 7 years old"));
  EXPECT_EQ(born(year(1900) / January / 1, 50).reason, "");
  EXPECT_THAT(born(year(1960) / January / 3, 41).reason, HasSubstr("taken for that of an adult"));
}

TEST_F(GatesOfPhantom, AtAnotherEnergyAndWithContrastNamesBoth) {
  const Result result = with_header(energy, [](auto& header) {
    header.kvp = 80;
    header.contrast_agent = "IOHEXOL";
  });
  EXPECT_EQ(result.reason, "tube voltage 80 kV, not 120");
  ASSERT_EQ(result.more.size(), 1U);
  EXPECT_EQ(result.more.front().reason, "contrast agent given");
}

TEST_F(GatesOfPhantom, OfAChildWithOneLungNamesBoth) {
  const measure::Mask labels = scene().labels;
  std::ranges::replace(scene().labels, static_cast<std::uint8_t>(measure::left_lung),
                       static_cast<std::uint8_t>(measure::body));
  const Result result =
      with_header(age_and_surgery, [](auto& header) { header.patient_age_years = 3; });
  scene().labels = labels;
  expect_forbids(result, {Use::norms});
  ASSERT_EQ(result.more.size(), 1U);
  expect_forbids(result.more.front(), {Use::proportions});
}

TEST_F(GatesOfPhantom, GivesEachFaultOfAGateItsOwnResult) {
  Gates gates;
  with_header(energy, [&](auto& header) {
    header.kvp = 80;
    header.contrast_agent = "IOHEXOL";
    gates = run_all(scene());
  });
  EXPECT_EQ(std::ranges::count(gates.results, "energy", &Result::gate), 2);
  EXPECT_THAT(gates.sentences(), testing::Contains(testing::HasSubstr("80 kV")));
  EXPECT_THAT(gates.sentences(), testing::Contains(testing::HasSubstr("contrast agent given")));
  EXPECT_EQ(gates.allowed(Use::bone).reason, "tube voltage 80 kV, not 120");
}

}  // namespace
}  // namespace tomoscribe::pipeline::gates
