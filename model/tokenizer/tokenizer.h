#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/refused.h"

namespace tomoscribe::model {

using TokenId = std::int32_t;

/// A vocabulary file that cannot be used; what() is one sentence that names the cause.
struct BadVocabulary : Refused {
  using Refused::Refused;
};

/// What a vocabulary file says, whichever its format.
struct Vocabulary {
  std::vector<std::string> bytes;  ///< by id; what the token adds to a text: "" for control
  std::vector<std::string> names;  ///< by id, of the tokens that no text makes; else ""
  std::map<std::string, TokenId, std::less<>> controls;  ///< by name
  std::string version;             ///< "v3", "v7", …; "" where the file does not say
  bool drops_first_space = false;  ///< encoding put it there
};

/// Text to token ids and back. Immutable, thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Ids of a text, without begin or end. No text makes a control token: "[INST]" is six letters
  /// and signs. Ill-formed UTF-8 counts as U+FFFD, one for each maximal ill-formed sequence.
  /// \throws std::length_error for a text of 1 GiB or more.
  std::vector<TokenId> encode(std::string_view text) const;

  /// Text of ids; control tokens give none. What is not UTF-8 becomes U+FFFD as above.
  /// \throws std::out_of_range for an id that the vocabulary does not have.
  std::string decode(const std::vector<TokenId>& ids) const;

  /// How many ids there are.
  std::size_t size() const { return vocabulary_.bytes.size(); }

  /// The bytes of one token, not always whole characters; "" for control tokens.
  /// \throws std::out_of_range
  std::string_view bytes(TokenId id) const;

  /// True for a token that no text makes: control and unknown.
  /// \throws std::out_of_range
  bool is_control(TokenId id) const;

  /// The id of a control token by its name, for example "[IMG]".
  std::optional<TokenId> control(std::string_view name) const;

  /// "v3", "v7", …: which chat format belongs to it; "" where the file does not say.
  const std::string& version() const { return vocabulary_.version; }

  /// True when decoding leaves out the space that encoding put in front.
  bool drops_first_space() const { return vocabulary_.drops_first_space; }

 protected:
  explicit Tokenizer(Vocabulary vocabulary) : vocabulary_{std::move(vocabulary)} {}

 private:
  /// `text` is well-formed UTF-8.
  virtual void encode_valid(std::string_view text, std::vector<TokenId>& ids) const = 0;

  Vocabulary vocabulary_;
};

/// Decodes ids as they come: no piece of a character is handed out before the rest is there.
/// The parts together are Tokenizer::decode of all ids. The tokenizer must outlive it.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer) : tokenizer_{&tokenizer} {}

  /// The text that is certain now.
  /// \throws std::out_of_range
  std::string push(TokenId id);

  /// The rest: an unfinished character is U+FFFD. Begins anew.
  std::string finish();

 private:
  std::string take(bool all);

  const Tokenizer* tokenizer_;
  std::string pending_;
  bool at_start_ = true;
};

/// Tekken (tekken.json). Only the first default_vocab_size - default_num_special_tokens entries
/// count. \throws BadVocabulary
std::unique_ptr<Tokenizer> read_tekken(std::string_view text);

/// SentencePiece (tokenizer.model…): BPE models without a normalisation table. The file does not
/// say which chat format belongs to it: `version`, for example "v7", does.
/// \throws BadVocabulary
std::unique_ptr<Tokenizer> read_sentencepiece(std::string_view protobuf, std::string version = "");

/// Either of them, told apart by the first byte. A name that ends in ".v7m1" gives version "v7".
/// \throws BadVocabulary, also when the file cannot be read or is larger than 256 MiB.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& file);

}  // namespace tomoscribe::model
