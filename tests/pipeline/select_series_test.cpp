#include "pipeline/series/select_series.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/series/load_volume.h"

namespace tomoscribe::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

struct SeriesSpec {
  int number = 1;
  int slices = 20;
  double spacing_mm = 2.5;
  std::string kernel = "B30f";
};

std::vector<InstanceFile> series(const SeriesSpec& spec) {
  std::vector<InstanceFile> result;
  const std::string name = "series " + std::to_string(spec.number);
  for (int i = 0; i < spec.slices; ++i) {
    dicom::InstanceHeader header{
        .study = dicom::StudyUid("1.2.3"),
        .series = dicom::SeriesUid(dicom::uid_from_name(name)),
        .sop_instance = dicom::SopInstanceUid(dicom::uid_from_name(name + std::to_string(i)))};
    header.sop_class = "1.2.840.10008.5.1.4.1.1.2";
    header.study_header.patient_id = dicom::PatientId("TEST-1");
    header.study_header.patient_name = dicom::PersonName::parse_pn("Secret^Name");
    header.modality = "CT";
    header.manufacturer = "SIEMENS";
    header.convolution_kernel = spec.kernel;
    header.image_type = {"ORIGINAL", "PRIMARY", "AXIAL"};
    header.series_number = spec.number;
    header.instance_number = 1;
    header.acquisition_number = 1;
    header.frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.4");
    header.rows = header.columns = 512;
    header.frames = header.samples_per_pixel = 1;
    header.bits_allocated = 16;
    header.bits_stored = 12;
    header.photometric = "MONOCHROME2";
    header.planes = {{.image_position_patient = Vec3{-200, -200, spec.spacing_mm * i},
                      .image_orientation_patient = std::array{Vec3{1, 0, 0}, Vec3{0, 1, 0}},
                      .pixel_spacing_mm = std::array{0.8, 0.8},
                      .slice_thickness_mm = spec.spacing_mm,
                      .rescale_slope = 1,
                      .rescale_intercept = -1024,
                      .rescale_type = {}}};
    result.push_back({name + std::to_string(i), header});
  }
  return result;
}

void append(std::vector<InstanceFile>& to, std::vector<InstanceFile> more) {
  to.insert(to.end(), more.begin(), more.end());
}

template <class Change>
std::vector<InstanceFile> changed(std::vector<InstanceFile> instances, const Change& change) {
  for (InstanceFile& instance : instances) change(instance.header);
  return instances;
}

std::string refusal(const std::vector<InstanceFile>& instances) {
  const auto outcome = select_series(instances);
  const auto* fault = std::get_if<Unsuitable>(&outcome);
  return fault != nullptr ? fault->reason : "chosen";
}

TEST(SelectSeries, TakesTheThinSmoothSeriesAndSaysWhyEachOther) {
  auto study = series({.number = 2, .slices = 40, .spacing_mm = 5});
  append(study, series({.number = 3, .slices = 200, .spacing_mm = 1, .kernel = "B70f"}));
  append(study, series({.number = 4, .slices = 200, .spacing_mm = 1}));
  append(study, changed(series({.number = 1, .slices = 2}), [](dicom::InstanceHeader& header) {
           header.image_type = {"ORIGINAL", "PRIMARY", "LOCALIZER"};
         }));
  append(study, changed(series({.number = 900, .slices = 1}), [](dicom::InstanceHeader& header) {
           header.sop_class = "1.2.840.10008.5.1.4.1.1.7";
         }));
  const auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  ASSERT_EQ(choice.series.size(), 5U);
  EXPECT_EQ(choice.series[0].reason, "localizer, not a volume");
  EXPECT_EQ(
      choice.series[1].reason,
      "axial, 40 slices of 5.0 mm, kernel B30f: readable, but series 4 suits measuring better");
  EXPECT_THAT(choice.series[2].reason,
              HasSubstr("the edge-enhancing reconstruction of the same acquisition"));
  EXPECT_EQ(choice.series[3].reason, "axial, 200 slices of 1.0 mm, kernel B30f: chosen");
  EXPECT_TRUE(choice.series[3].used);
  EXPECT_EQ(choice.series[4].reason, "secondary capture (dose page or screen copy)");
  EXPECT_EQ(choice.main.stack.order.size(), 200U);
}

TEST(SelectSeries, GivesOneReasonForEachThingThatIsNoVolume) {
  const auto why = [](const auto& change) { return refusal(changed(series({}), change)); };
  using Header = dicom::InstanceHeader;
  EXPECT_EQ(why([](Header& h) { h.modality = "MR"; }), "modality MR, not CT");
  EXPECT_EQ(why([](Header& h) { h.sop_class = "1.2.840.10008.5.1.4.1.1.4"; }),
            "not a CT image class");
  EXPECT_EQ(why([](Header& h) { h.frames = 0, h.planes.clear(); }), "no pixel data");
  EXPECT_EQ(why([](Header& h) { h.samples_per_pixel = 3; }), "colour picture");
  EXPECT_EQ(why([](Header& h) { h.photometric = "PALETTE COLOR"; }),
            "colour map, not Hounsfield units");
  EXPECT_EQ(why([](Header& h) {
              h.image_type = {"DERIVED", "PRIMARY", "PERFUSION", "RCBF"};
            }),
            "derived map, not Hounsfield units");
  EXPECT_EQ(why([](Header& h) {
              h.image_type = {"DERIVED", "SECONDARY", "REFORMATTED"};
            }),
            "reformat, for display only");
  EXPECT_EQ(why([](Header& h) { h.planes[0].rescale_type = "MGML"; }),
            "values are not Hounsfield units (rescale type MGML)");
  EXPECT_EQ(why([](Header& h) { h.planes[0].rescale_slope.reset(); }),
            "no rescale to Hounsfield units");
  EXPECT_EQ(why([](Header& h) { h.planes[0].image_position_patient.reset(); }),
            "no image position");
  EXPECT_EQ(why([](Header& h) { h.bits_stored = 8; }), "8-bit picture, already windowed");
  EXPECT_EQ(why([](Header& h) {
              const double along = (*h.planes[0].image_position_patient)[2];
              h.planes[0].image_orientation_patient = std::array{Vec3{1, 0, 0}, Vec3{0, 0, -1}};
              h.planes[0].image_position_patient = Vec3{-200, along, 200};
            }),
            "coronal images: for display only");
  EXPECT_EQ(refusal(series({.slices = 5})), "only 5 slices: a volume needs 12");
  EXPECT_EQ(refusal(series({.slices = 1})), "only one slice: a volume needs more");
}

TEST(SelectSeries, NamesTheGap) {
  auto study = series({.slices = 30});
  for (std::size_t i = 0; i < study.size(); ++i)
    study[i].header.instance_number = static_cast<int>(i) + 1;
  study.erase(study.begin() + 16);
  const auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  EXPECT_EQ(choice.main.notes,
            std::vector<std::string>{"1 slice interpolated where images are missing"});
  ASSERT_EQ(choice.main.stack.missing.size(), 1U);
  EXPECT_EQ(choice.main.stack.missing[0].text,
            "1 slice missing between image 16 and image 18 (z 37.5 to 42.5 mm)");
  EXPECT_EQ(choice.main.stack.order.size(), 29U);
  EXPECT_EQ(choice.main.stack.grid.size[2], 30);
}

TEST(SelectSeries, RefusesTwoStudiesByUidAndNeverByName) {
  auto study = series({});
  append(study, changed(series({.number = 2}), [](dicom::InstanceHeader& header) {
           header.study = dicom::StudyUid("1.2.4");
           header.study_header.patient_id = dicom::PatientId("TEST-2");
         }));
  const std::string reason = refusal(study);
  EXPECT_EQ(reason,
            "the images belong to two or more patients: studies 1.2.3 and 1.2.4; give one study");
  EXPECT_THAT(reason, Not(HasSubstr("TEST")));
}

TEST(SelectSeries, RefusesTwoPatientsInOneStudy) {
  auto study = series({});
  study[7].header.study_header.patient_id = dicom::PatientId("TEST-2");
  EXPECT_THAT(refusal(study), HasSubstr("study 1.2.3 carry 2 different patient identities"));
  EXPECT_THAT(refusal(study), Not(HasSubstr("TEST")));
}

TEST(SelectSeries, RefusesTwoImagesOfOneUid) {
  auto study = series({});
  study[3].header.sop_instance = study[4].header.sop_instance;
  EXPECT_THAT(refusal(study), HasSubstr("two different images share the SOP Instance UID"));
}

TEST(SelectSeries, PartsTwoAcquisitionsOverTheSamePositions) {
  auto study = series({.slices = 20});
  auto second = series({.slices = 20});
  for (InstanceFile& instance : study) instance.header.acquisition_number = 1;
  for (InstanceFile& instance : second) {
    instance.header.acquisition_number = 2;
    instance.header.sop_instance =
        dicom::SopInstanceUid(dicom::uid_from_name("second" + instance.file.string()));
  }
  append(study, second);
  const auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  EXPECT_EQ(choice.main.stack.order.size(), 20U);
  for (const FrameRef& ref : choice.main.frames)
    EXPECT_EQ(study[ref.instance].header.acquisition_number, 1);
  ASSERT_EQ(choice.main.notes.size(), 1U);
  EXPECT_THAT(choice.main.notes[0], HasSubstr("20 images left out"));
}

/// Two phases in one series, the second half a slice further up.
std::vector<InstanceFile> interleaved(
    const std::function<void(dicom::InstanceHeader&, int)>& mark) {
  auto study = series({.slices = 20, .spacing_mm = 5});
  auto second = series({.slices = 18, .spacing_mm = 5});
  for (InstanceFile& instance : study) mark(instance.header, 1);
  for (InstanceFile& instance : second) {
    instance.header.sop_instance =
        dicom::SopInstanceUid(dicom::uid_from_name("second" + instance.file.string()));
    (*instance.header.planes.front().image_position_patient)[2] += 2.5;
    mark(instance.header, 2);
  }
  append(study, second);
  return study;
}

TEST(SelectSeries, PartsPhasesThatInterleave) {
  const auto slices = [](const std::vector<InstanceFile>& study) {
    const auto outcome = select_series(study);
    return std::get<SeriesChoice>(outcome).main.stack.order.size();
  };
  EXPECT_EQ(slices(interleaved([](auto& header, int pass) { header.acquisition_number = pass; })),
            20U);
  EXPECT_EQ(slices(interleaved([](auto& header, int pass) { header.acquisition_s = 40.0 * pass; })),
            20U);
  EXPECT_EQ(slices(interleaved([](auto& header, int) { header.acquisition_s = 7; })), 38U);
}

TEST(SelectSeries, KeepsSlicesThatWereAcquiredOneByOne) {
  auto study = series({.slices = 20});
  int number = 0;
  for (InstanceFile& instance : study) {
    instance.header.acquisition_number = ++number;
    instance.header.acquisition_s = 10.0 * number;
  }
  const auto outcome = select_series(study);
  EXPECT_EQ(std::get<SeriesChoice>(outcome).main.stack.order.size(), 20U);
}

TEST(SelectSeries, ReadsAScanInStepsOfWhichOneWasTakenAgain) {
  auto study = series({.slices = 20});
  for (std::size_t i = 0; i < study.size(); ++i)
    study[i].header.acquisition_number = static_cast<int>(i / 4) * 2;
  auto again = std::vector(study.begin() + 8, study.begin() + 12);
  for (InstanceFile& instance : again) {
    instance.header.acquisition_number = 5;
    instance.header.sop_instance =
        dicom::SopInstanceUid(dicom::uid_from_name("again" + instance.file.string()));
  }
  append(study, again);
  const auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  EXPECT_EQ(choice.main.stack.order.size(), 20U);
  EXPECT_EQ(std::ranges::count_if(choice.main.frames,
                                  [&](const FrameRef& ref) {
                                    return study[ref.instance].header.acquisition_number == 5;
                                  }),
            4);
  EXPECT_THAT(choice.main.notes, testing::Contains(HasSubstr("was taken again")));
}

TEST(SelectSeries, ReadsEnhancedFramesInAnyOrder) {
  const auto single = series({.slices = 16});
  InstanceFile enhanced = single.front();
  enhanced.header.sop_class = "1.2.840.10008.5.1.4.1.1.2.1";
  enhanced.header.frames = 16;
  enhanced.header.planes.clear();
  for (int i = 0; i < 16; ++i)
    enhanced.header.planes.push_back(single[static_cast<std::size_t>(i * 7 % 16)].header.planes[0]);
  const auto outcome = select_series({enhanced});
  const auto& choice = std::get<SeriesChoice>(outcome);
  for (std::size_t slice = 0; slice < 16; ++slice)
    EXPECT_EQ(choice.main.frames[choice.main.stack.order[slice]].frame * 7 % 16,
              static_cast<int>(slice));
}

TEST(SelectSeries, PartsStacksAndTimesOfEnhancedFrames) {
  const auto single = series({.slices = 16});
  InstanceFile enhanced = single.front();
  enhanced.header.sop_class = "1.2.840.10008.5.1.4.1.1.2.1";
  enhanced.header.frames = 32;
  const auto frames_with = [&](const auto& mark) {
    enhanced.header.planes.clear();
    for (int i = 0; i < 32; ++i) {
      enhanced.header.planes.push_back(single[static_cast<std::size_t>(i % 16)].header.planes[0]);
      mark(enhanced.header.planes.back(), i / 16);
    }
    const auto outcome = select_series({enhanced});
    const auto& choice = std::get<SeriesChoice>(outcome);
    EXPECT_TRUE(choice.main.stack.duplicates.empty());
    EXPECT_EQ(choice.main.stack.order.size(), 16U);
    for (const FrameRef& ref : choice.main.frames) EXPECT_LT(ref.frame, 16);
    EXPECT_THAT(choice.main.notes.at(0), HasSubstr("16 images left out: another orientation"));
  };
  frames_with([](dicom::PlaneHeader& plane, int pass) { plane.stack_id = std::to_string(pass); });
  frames_with([](dicom::PlaneHeader& plane, int pass) { plane.temporal_position_index = pass; });
}

TEST(SelectSeries, MeasuresTheSmoothOneOfTwoReconstructionsAndSaysWhatTheOtherIsFor) {
  auto study = series({.number = 2, .slices = 60, .spacing_mm = 1, .kernel = "B70f"});
  append(study, series({.number = 3, .slices = 24, .spacing_mm = 2.5, .kernel = "B30f"}));
  auto outcome = select_series(study);
  {
    const auto& choice = std::get<SeriesChoice>(outcome);
    EXPECT_TRUE(choice.series[1].used);
    EXPECT_EQ(choice.series[0].reason,
              "axial, 60 slices of 1.0 mm, kernel B70f: the edge-enhancing reconstruction of the "
              "same acquisition: for looking at lung and bone; volumes and densities are measured "
              "on series 3");
  }
}

TEST(SelectSeries, ReadsTheThinSharpOneForTheLungsWhereTheSmoothOneIsThick) {
  auto study = series({.number = 2, .slices = 60, .spacing_mm = 1, .kernel = "B70f"});
  append(study, series({.number = 3, .slices = 12, .spacing_mm = 5, .kernel = "B30f"}));
  auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  EXPECT_EQ(choice.main.series, 1U);
  EXPECT_TRUE(choice.series[1].used);
  EXPECT_FALSE(choice.series[0].used) << "until it is read";
  ASSERT_TRUE(choice.lung);
  EXPECT_EQ(choice.lung->series, 0U);
  EXPECT_EQ(choice.lung->stack.order.size(), 60U);
  EXPECT_THAT(choice.lung_reason,
              HasSubstr("chosen for the lungs; all else is measured on series 3"));

  // Another acquisition is no reconstruction of this one.
  for (InstanceFile& file : study)
    if (file.header.series_number == 2)
      file.header.frame_of_reference = dicom::FrameOfReferenceUid("1.2.3.5");
  outcome = select_series(study);
  EXPECT_FALSE(std::get<SeriesChoice>(outcome).lung);
}

TEST(SelectSeries, DropsALocalizerInsideTheSeries) {
  auto study = series({.slices = 20});
  study.back().header.image_type[2] = "LOCALIZER";
  const auto outcome = select_series(study);
  const auto& choice = std::get<SeriesChoice>(outcome);
  EXPECT_EQ(choice.main.stack.order.size(), 19U);
  EXPECT_EQ(choice.main.notes,
            std::vector<std::string>{"1 image left out: localizer, not a volume"});
}

TEST(Kernel, IsKnownByVendor) {
  EXPECT_EQ(kernel_is_sharp("SIEMENS", "Br38f\\3"), false);
  EXPECT_EQ(kernel_is_sharp("SIEMENS", "B70f"), true);
  EXPECT_EQ(kernel_is_sharp("GE MEDICAL SYSTEMS", "LUNG"), true);
  EXPECT_EQ(kernel_is_sharp("GE MEDICAL SYSTEMS", "STANDARD"), false);
  EXPECT_EQ(kernel_is_sharp("Philips", "L"), true);
  EXPECT_EQ(kernel_is_sharp("Philips", "B"), false);
  EXPECT_EQ(kernel_is_sharp("TOSHIBA", "FC51"), true);
  EXPECT_EQ(kernel_is_sharp("TOSHIBA", "FC08"), false);
  EXPECT_EQ(kernel_is_sharp("", ""), std::nullopt);
}

TEST(Rescale, ComparesPaddingBeforeTheRescaleAndClamps) {
  auto header = series({}).front().header;
  header.pixel_padding_value = -2000;
  header.planes[0].rescale_intercept = 0;
  const dicom::StoredFrame frame{.rows = 1, .columns = 4, .values = {-2000, 40, -3024, 70000}};
  std::array<std::int16_t, 4> hu{};
  rescale(frame, header, header.planes[0], hu.data());
  EXPECT_EQ(hu, (std::array<std::int16_t, 4>{-1024, 40, -1024, 32767}));
}

}  // namespace
}  // namespace tomoscribe::pipeline
