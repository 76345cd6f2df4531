#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "model/tokenizer/detail/piece_table.h"
#include "model/tokenizer/detail/pretokenizer.h"
#include "model/tokenizer/tokenizer.h"

namespace tomoscribe::model {

namespace {

using nlohmann::json;

constexpr std::size_t most_tokens = std::size_t{1} << 22U;

/// The control tokens of a file that does not list its own (versions up to v7).
constexpr std::array<std::string_view, 20> default_controls{"<unk>",
                                                            "<s>",
                                                            "</s>",
                                                            "[INST]",
                                                            "[/INST]",
                                                            "[AVAILABLE_TOOLS]",
                                                            "[/AVAILABLE_TOOLS]",
                                                            "[TOOL_RESULTS]",
                                                            "[/TOOL_RESULTS]",
                                                            "[TOOL_CALLS]",
                                                            "[IMG]",
                                                            "<pad>",
                                                            "[IMG_BREAK]",
                                                            "[IMG_END]",
                                                            "[PREFIX]",
                                                            "[MIDDLE]",
                                                            "[SUFFIX]",
                                                            "[SYSTEM_PROMPT]",
                                                            "[/SYSTEM_PROMPT]",
                                                            "[TOOL_CONTENT]"};

/// 0..63; 64 for a character that is none of base64's.
unsigned sextet(char c) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = alphabet.find(c);
  return at == alphabet.npos ? 64 : static_cast<unsigned>(at);
}

/// RFC 4648 section 4, padded. Nothing when the text is not base64.
std::optional<std::string> base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0, have = 0;
  for (const char c : text) {
    const unsigned value = sextet(c);
    if (value == 64) return std::nullopt;
    bits = (bits << 6U | value) & 0xFFFFU;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    bytes += static_cast<char>(bits >> have & 0xFFU);
  }
  return bytes;
}

std::string entry_name(std::size_t index) {
  return "vocab entry " + std::to_string(index);
}

/// Takes the entries of "vocab" out of the document as they are read: 150,000 of them, with
/// strings nobody needs, would cost a hundred times the memory.
class Reader {
 public:
  explicit Reader(std::string_view text) {
    const json::parser_callback_t look = [this](int depth, json::parse_event_t event, json& value) {
      check_shape(depth, event);
      if (depth == 1 && event == json::parse_event_t::key) key_ = value.get<std::string>();
      if (depth != 2 || key_ != "vocab") return true;
      if (event == json::parse_event_t::object_start) return true;
      if (event != json::parse_event_t::object_end)
        throw BadVocabulary(entry_name(pieces_.size()) + " is not an object");
      take(value);
      return false;
    };
    try {
      document_ = json::parse(text, look);
    } catch (const json::exception& why) {
      throw BadVocabulary(std::string("tekken.json is not JSON: ") + why.what());
    }
    if (!document_.is_object()) throw BadVocabulary("tekken.json is not a JSON object");
    if (document_.contains("config")) config_ = document_["config"];
    if (!config_.is_object()) throw BadVocabulary("tekken.json has no object \"config\"");
  }

  const std::vector<std::string>& pieces() const { return pieces_; }

  std::size_t count(const char* name) const {
    const auto found = config_.find(name);
    if (found == config_.end() || !found->is_number_unsigned())
      throw BadVocabulary(std::string("config.") + name + " is not a number");
    return found->get<std::size_t>();
  }

  std::string text(const char* name) const {
    const auto found = config_.find(name);
    if (found == config_.end() || !found->is_string())
      throw BadVocabulary(std::string("config.") + name + " is not a string");
    return found->get<std::string>();
  }

  /// The listed control tokens; without a list the usual ones.
  std::vector<std::string> controls() const {
    const auto found = document_.find("special_tokens");
    if (found == document_.end() || found->is_null())
      return {default_controls.begin(), default_controls.end()};
    if (!found->is_array()) throw BadVocabulary("special_tokens is not an array");
    std::vector<std::string> names;
    for (const json& token : *found) names.push_back(control(token, names.size()));
    return names;
  }

 private:
  /// Deep trees overflow the stack, and of many objects that are kept the parser's time is the
  /// square.
  void check_shape(int depth, json::parse_event_t event) {
    constexpr int deepest = 32, most_kept = 10000;
    if (depth > deepest) throw BadVocabulary("tekken.json nests deeper than 32 levels");
    const bool begins =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (begins && key_ != "vocab" && ++kept_ > most_kept)
      throw BadVocabulary("tekken.json has more than 10,000 objects and lists beside its vocab");
  }

  void take(const json& entry) {
    const std::string name = entry_name(pieces_.size());
    if (pieces_.size() == most_tokens) throw BadVocabulary("vocab has more than 4 million entries");
    const auto rank = entry.find("rank"), bytes = entry.find("token_bytes");
    if (rank == entry.end() || !rank->is_number_unsigned() ||
        rank->get<std::size_t>() != pieces_.size())
      throw BadVocabulary(name + " does not have its place as its rank");
    if (bytes == entry.end() || !bytes->is_string())
      throw BadVocabulary(name + " has no token_bytes");
    auto piece = base64(bytes->get_ref<const std::string&>());
    if (!piece || piece->empty()) throw BadVocabulary(name + " has token_bytes that are no base64");
    pieces_.push_back(std::move(*piece));
  }

  static std::string control(const json& token, std::size_t place) {
    const std::string name = "special token " + std::to_string(place);
    if (!token.is_object()) throw BadVocabulary(name + " is not an object");
    const auto rank = token.find("rank"), text = token.find("token_str");
    if (rank == token.end() || !rank->is_number_unsigned() || rank->get<std::size_t>() != place)
      throw BadVocabulary(name + " does not have its place as its rank");
    if (text == token.end() || !text->is_string() || text->get_ref<const std::string&>().empty())
      throw BadVocabulary(name + " has no token_str");
    return text->get<std::string>();
  }

  std::string key_;
  int kept_ = 0;
  std::vector<std::string> pieces_;
  json document_, config_;
};

/// How many tokens stand in the file's two parts.
struct Counts {
  std::size_t controls = 0, pieces = 0;
};

Counts counts_of(const Reader& file, std::size_t named) {
  const std::size_t all = file.count("default_vocab_size"),
                    controls = file.count("default_num_special_tokens");
  if (all > most_tokens) throw BadVocabulary("config.default_vocab_size is more than 4 million");
  if (controls > all)
    throw BadVocabulary("config.default_num_special_tokens exceeds default_vocab_size");
  if (named > controls)
    throw BadVocabulary("there are " + std::to_string(named) +
                        " special tokens, more than config.default_num_special_tokens");
  if (all - controls > file.pieces().size())
    throw BadVocabulary("vocab has " + std::to_string(file.pieces().size()) +
                        " entries, config asks for " + std::to_string(all - controls));
  if (all - controls < 256) throw BadVocabulary("vocab does not begin with the 256 single bytes");
  return {.controls = controls, .pieces = all - controls};
}

class Tekken : public Tokenizer {
 public:
  Tekken(Vocabulary vocabulary, detail::PieceTable table)
      : Tokenizer{std::move(vocabulary)}, table_{std::move(table)} {}

 private:
  void encode_valid(std::string_view text, std::vector<TokenId>& ids) const override {
    std::vector<detail::Symbol> symbols;
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
      end = detail::piece_end(text, at);
      const std::string_view piece = text.substr(at, end - at);
      if (const auto* whole = table_.find(piece); whole != nullptr) {
        ids.push_back(TokenId(whole->id));
        continue;
      }
      symbols.clear();
      for (std::uint32_t i = 0; i < piece.size(); ++i) symbols.push_back({.begin = i, .length = 1});
      detail::merge(table_, piece, symbols);
      for (const auto& symbol : symbols)
        ids.push_back(TokenId(table_.find(piece.substr(symbol.begin, symbol.length))->id));
    }
  }

  detail::PieceTable table_;
};

void add_controls(Vocabulary& vocabulary, std::vector<std::string> names, std::size_t count) {
  while (names.size() < count) names.push_back("<SPECIAL_" + std::to_string(names.size()) + ">");
  for (const std::string& name : names)
    if (!vocabulary.controls.emplace(name, TokenId(vocabulary.controls.size())).second)
      throw BadVocabulary("special token " + name + " occurs twice");
  vocabulary.bytes.resize(count);
  vocabulary.names = std::move(names);
}

}  // namespace

std::unique_ptr<Tokenizer> read_tekken(std::string_view text) {
  const Reader file(text);
  if (file.text("pattern") != detail::tekken_pattern)
    throw BadVocabulary("config.pattern is not the one this program implements");
  std::vector<std::string> names = file.controls();
  const Counts counts = counts_of(file, names.size());

  Vocabulary vocabulary;
  vocabulary.version = file.text("version");
  add_controls(vocabulary, std::move(names), counts.controls);
  detail::PieceTable table;
  for (std::size_t rank = 0; rank < counts.pieces; ++rank) {
    const std::string& piece = file.pieces()[rank];
    if (rank < 256 && piece != std::string(1, static_cast<char>(rank)))
      throw BadVocabulary("vocab does not begin with the 256 single bytes");
    if (!table.add(piece, std::uint32_t(counts.controls + rank), std::uint32_t(rank)))
      throw BadVocabulary(entry_name(rank) + " repeats the bytes of an earlier one");
    vocabulary.bytes.push_back(piece);
  }
  vocabulary.names.resize(vocabulary.bytes.size());
  return std::make_unique<Tekken>(std::move(vocabulary), std::move(table));
}

}  // namespace tomoscribe::model
