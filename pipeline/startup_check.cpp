#include "pipeline/startup_check.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "pipeline/tokens.h"

namespace tomoscribe::pipeline {
namespace {

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

/// Nobody sits at a service's keyboard: an encrypted key is one that cannot be read.
int no_password(char*, int, int, void*) {
  return -1;
}

/// What OpenSSL's `read` finds in the PEM file that `key` names; never null. \throws ConfigError.
template <class Thing, class Read>
std::unique_ptr<Thing, Free> from_pem(const Config& config, const std::string& key,
                                      const std::string& file, const char* what, Read read) {
  const std::unique_ptr<std::FILE, Free> stream(std::fopen(file.c_str(), "re"));
  std::unique_ptr<Thing, Free> thing;
  if (stream) thing.reset(read(stream.get(), nullptr, no_password, nullptr));
  if (!thing)
    throw ConfigError(config.where(key) + ": " + key + ": " + file +
                      (stream ? std::string(" holds no ") + what + " in PEM without a password"
                              : std::string(" cannot be read")));
  return thing;
}

void check_tls(const Config& config) {
  const HttpConfig& http = config.http;
  if (http.tls_certificate.empty()) return;
  const auto certificate = from_pem<X509>(config, "http.tls_certificate", http.tls_certificate,
                                          "certificate", PEM_read_X509);
  const auto key =
      from_pem<EVP_PKEY>(config, "http.tls_key", http.tls_key, "private key", PEM_read_PrivateKey);
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    throw ConfigError(config.where("http.tls_key") +
                      ": http.tls_key is not the key of http.tls_certificate");
}

void check_tokens(const Config& config) {
  const std::string key = "http.tokens_file";
  if (config.http.tokens_file.empty()) return;
  try {
    Tokens::load(config.http.tokens_file);
  } catch (const ConfigError& fault) {
    throw ConfigError(config.where(key) + ": " + key + ": " + fault.what());
  }
}

}  // namespace

void check_gateway_files(const Config& config) {
  const auto& page = config.http.page;
  if (!page.empty() && !std::filesystem::is_directory(page))
    throw ConfigError(config.where("http.page") + ": http.page: " + page + " is no folder");
  check_tls(config);
  check_tokens(config);
}

}  // namespace tomoscribe::pipeline
