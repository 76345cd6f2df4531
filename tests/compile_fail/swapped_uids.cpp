// expect: could not convert|cannot convert|no known conversion
#include "dicom/dicomweb.h"

void ask(tomoscribe::dicom::InstanceIndex& index, const tomoscribe::dicom::StudyUid& study,
         const tomoscribe::dicom::SeriesUid& series) {
#ifdef WRONG
  index.instances(series, study);
#else
  index.instances(study, series);
#endif
}
