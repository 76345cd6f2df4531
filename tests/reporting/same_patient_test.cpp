// Whether two studies are of one person.

#include "reporting/same_patient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomoscribe::reporting {
namespace {

using testing::HasSubstr;

constexpr std::chrono::year_month_day born{std::chrono::year{1950}, std::chrono::May,
                                           std::chrono::day{2}};

Patient patient() {
  return {.id = dicom::PatientId("P1"),
          .issuer = "HOSPITAL",
          .name = dicom::PersonName::parse_pn("O'Hara^Anna Maria"),
          .birth_date = born,
          .sex = "F"};
}

TEST(SamePatient, AgreesByAllThatIsStated) {
  EXPECT_EQ(why_not_one_patient(patient(), patient()), "");
  EXPECT_EQ(agrees_beside_the_id(patient(), patient()),
            "issuer of the Patient ID, birth date, sex and name");
  const Patient bare{.id = dicom::PatientId("P1")};
  EXPECT_EQ(why_not_one_patient(bare, bare), "");
  EXPECT_EQ(agrees_beside_the_id(bare, patient()), "") << "it rests on the Patient ID alone";
}

TEST(SamePatient, IsContradictedByEachPart) {
  Patient other = patient();
  other.issuer = "CLINIC";
  EXPECT_THAT(why_not_one_patient(patient(), other), HasSubstr("not the issuer of the Patient ID"));
  other = patient();
  other.birth_date =
      std::chrono::year_month_day(born.year() + std::chrono::years(1), born.month(), born.day());
  EXPECT_THAT(why_not_one_patient(patient(), other), HasSubstr("not the birth date"));
  other.sex = "M";
  EXPECT_THAT(why_not_one_patient(patient(), other), HasSubstr("not the birth date and sex"));
  other = patient();
  other.name.family = "Smith";
  EXPECT_THAT(why_not_one_patient(patient(), other), HasSubstr("not the name"));
  EXPECT_THAT(why_not_one_patient(patient(), other), testing::Not(HasSubstr("Smith")));
}

TEST(SamePatient, NamesAreReadWithoutCaseInitialsAndPunctuation) {
  for (const char* name : {"OHARA^ANNA", "o'hara^A.", "O HARA", "OHARA ANNA MARIA", ""}) {
    Patient other = patient();
    other.name = dicom::PersonName::parse_pn(name);
    EXPECT_EQ(why_not_one_patient(patient(), other), "") << name;
  }
  for (const char* name : {"OHARA^BERTA", "HARA^ANNA"}) {
    Patient other = patient();
    other.name = dicom::PersonName::parse_pn(name);
    EXPECT_NE(why_not_one_patient(patient(), other), "") << name;
  }
}

TEST(SamePatient, AnIssuerThatOneStudyDoesNotNameNeedsTheBirthDate) {
  Patient other = patient();
  other.issuer.clear();
  EXPECT_EQ(why_not_one_patient(patient(), other), "");
  other.birth_date.reset();
  EXPECT_THAT(why_not_one_patient(patient(), other), HasSubstr("who issued the Patient ID"));
}

}  // namespace
}  // namespace tomoscribe::reporting
