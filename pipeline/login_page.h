#pragma once
// The one page that is seen before signing in: a field for the access token, and its style.

#include <string_view>

#include "dicom/http_message.h"

namespace tomoscribe::pipeline {

/// `sentence` stands above the field; it must hold no markup.
dicom::HttpResponse login_page(int status, std::string_view sentence);
/// `/login.css`: the policy allows no style inside a page.
dicom::HttpResponse login_style();

}  // namespace tomoscribe::pipeline
