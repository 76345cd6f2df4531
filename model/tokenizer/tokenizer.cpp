#include "model/tokenizer/tokenizer.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "model/tokenizer/detail/unicode.h"

namespace tomoscribe::model {

namespace {

constexpr std::size_t longest_text = std::size_t{1} << 30U;  // offsets are 32 bits, SentencePiece
                                                             // triples blanks
constexpr std::uintmax_t largest_file = std::uintmax_t{256} << 20U;

std::size_t checked(TokenId id, std::size_t size) {
  if (id < 0 || std::size_t(id) >= size)
    throw std::out_of_range("token " + std::to_string(id) + " is not one of the vocabulary's " +
                            std::to_string(size));
  return std::size_t(id);
}

std::string read_file(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed) && !failed)
    throw BadVocabulary(file.string() + ": not a file");
  const std::uintmax_t size = std::filesystem::file_size(file, failed);
  if (!failed && size == 0) throw BadVocabulary(file.string() + ": empty");
  if (failed) throw BadVocabulary(file.string() + ": " + failed.message());
  if (size > largest_file) throw BadVocabulary(file.string() + ": larger than 256 MiB");
  std::ifstream stream(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (content.size() != size) throw BadVocabulary(file.string() + ": cannot be read to its end");
  return content;
}

/// ".v7m1" is "v7", ".model" is "".
std::string version_in(std::string_view extension) {
  if (!extension.starts_with(".v")) return "";
  const std::size_t end = std::min(extension.find_first_not_of("0123456789", 2), extension.size());
  return end == 2 ? "" : std::string(extension.substr(1, end - 1));
}

}  // namespace

std::vector<TokenId> Tokenizer::encode(std::string_view text) const {
  if (text.size() >= longest_text) throw std::length_error("a text of 1 GiB or more");
  std::vector<TokenId> ids;
  if (detail::first_invalid(text) == text.size())
    encode_valid(text, ids);
  else
    encode_valid(detail::replace_invalid(text), ids);
  return ids;
}

std::string Tokenizer::decode(const std::vector<TokenId>& ids) const {
  StreamDecoder decoder(*this);
  std::string text;
  for (const TokenId id : ids) text += decoder.push(id);
  return text + decoder.finish();
}

std::string_view Tokenizer::bytes(TokenId id) const {
  return vocabulary_.bytes[checked(id, size())];
}

bool Tokenizer::is_control(TokenId id) const {
  return !vocabulary_.names[checked(id, size())].empty();
}

std::optional<TokenId> Tokenizer::control(std::string_view name) const {
  const auto found = vocabulary_.controls.find(name);
  if (found == vocabulary_.controls.end()) return std::nullopt;
  return found->second;
}

std::string StreamDecoder::push(TokenId id) {
  std::string_view bytes = tokenizer_->bytes(id);
  // A control token ends what came before it: no character reaches across.
  if (bytes.empty()) return take(true);
  if (at_start_ && tokenizer_->drops_first_space() && !tokenizer_->is_control(id) &&
      bytes.starts_with(' '))
    bytes.remove_prefix(1);
  at_start_ = false;
  pending_ += bytes;
  return take(false);
}

std::string StreamDecoder::finish() {
  at_start_ = true;
  return take(true);
}

std::string StreamDecoder::take(bool all) {
  std::size_t whole = pending_.size();
  if (!all) {
    // The last character may be unfinished: it begins at most three bytes before the end.
    for (std::size_t back = 1; back <= 3 && back <= pending_.size(); ++back)
      if (const auto step = detail::utf8_step(pending_, pending_.size() - back);
          step.cut && step.length == back)
        whole = pending_.size() - back;
  }
  std::string text = detail::replace_invalid(std::string_view(pending_).substr(0, whole));
  pending_.erase(0, whole);
  return text;
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  try {
    const std::size_t first = content.find_first_not_of(" \t\r\n");
    if (first != std::string::npos && content[first] == '{') return read_tekken(content);
    return read_sentencepiece(content, version_in(file.extension().string()));
  } catch (const BadVocabulary& why) {
    throw BadVocabulary(file.string() + ": " + why.what());
  }
}

}  // namespace tomoscribe::model
