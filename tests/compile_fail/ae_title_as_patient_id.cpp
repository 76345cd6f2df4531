// expect: no match for 'operator='
#include "dicom/identity.h"

void name(tomoscribe::dicom::PatientId& patient, const tomoscribe::dicom::AeTitle& title) {
#ifdef WRONG
  patient = title;
#else
  patient = tomoscribe::dicom::PatientId(title.str());  // a conversion that a reader sees
#endif
}
