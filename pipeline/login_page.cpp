#include "pipeline/login_page.h"

namespace tomoscribe::pipeline {

dicom::HttpResponse login_page(int status, std::string_view sentence) {
  dicom::HttpResponse page{.status = status};
  page.headers["Content-Type"] = "text/html; charset=utf-8";
  page.headers["Content-Security-Policy"] =
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
      "frame-ancestors "
      "'none'";
  page.body = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>Sign in – Tomoscribe</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1>Tomoscribe</h1>
<form method="post" action="/login">
<p>)" + std::string(sentence) +
              R"(</p>
<label>Access token
<input type="password" name="token" autocomplete="current-password" required autofocus></label>
<button>Sign in</button>
</form>
<footer>CT drafts for radiologists. AI; not a medical device.</footer>
</main>
</body>
</html>
)";
  return page;
}

dicom::HttpResponse login_style() {
  dicom::HttpResponse style = dicom::HttpResponse::text(200, R"(* { box-sizing: border-box; }
html { color-scheme: dark; font: 15px/1.5 Inter, "Segoe UI", "Noto Sans", "DejaVu Sans", system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #0a0e14; color: #e4eaf1; }
main { width: min(380px, 92vw); }
h1 { font-size: 22px; font-weight: 650; margin: 0 0 14px; }
form { display: grid; gap: 14px; padding: 24px; background: #111821; border: 1px solid #243142; border-radius: 12px; }
p { margin: 0; }
label { display: grid; gap: 5px; font-size: 13px; color: #93a3b5; }
input { font: inherit; color: #e4eaf1; background: #0c121a; border: 1px solid #243142; border-radius: 6px; padding: 8px 10px; width: 100%; }
button { font: inherit; font-weight: 600; color: #fff; background: #1272b0; border: 1px solid #2a92d6; border-radius: 6px; padding: 8px 14px; cursor: pointer; }
:focus-visible { outline: 2px solid #4cc2ff; outline-offset: 1px; }
footer { margin-top: 14px; font-size: 12.5px; color: #93a3b5; }
)");
  style.headers["Content-Type"] = "text/css; charset=utf-8";
  return style;
}

}  // namespace tomoscribe::pipeline
