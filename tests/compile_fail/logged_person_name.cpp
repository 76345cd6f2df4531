// expect: use of deleted function
#include "pipeline/log.h"

void tell(const tomoscribe::pipeline::Log& log, const tomoscribe::dicom::PersonName& patients,
          const tomoscribe::dicom::StudyUid& study) {
#ifdef WRONG
  log.info("received", {{"whose", patients}});
#else
  log.info("received", {{"study", study}});
#endif
  (void)patients;
  (void)study;
}
