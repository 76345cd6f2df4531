#include "model/folder_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "model/refused.h"

namespace tomoscribe::model {

namespace {

namespace fs = std::filesystem;

/// "tokenizer.model", "x.model.v3", "x.model.v7m1".
bool is_sentencepiece_name(const std::string& name) {
  if (name == "tokenizer.model") return true;
  const std::size_t at = name.rfind(".model.v");
  if (at == std::string::npos || at == 0) return false;
  const std::string version = name.substr(at + 8);
  return !version.empty() && version.find_first_not_of("0123456789m") == std::string::npos;
}

fs::path text_file(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "tekken.json", ignored)) return folder / "tekken.json";
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (is_sentencepiece_name(entry.path().filename().string())) found.push_back(entry.path());
  if (!found.empty()) return *std::min_element(found.begin(), found.end());
  throw Refused(
      "the folder has no tekken.json and no tokenizer.model: put the one of Mistral's own "
      "publication of the model beside the weights (tokenizer.json is not read)");
}

}  // namespace

FolderText open_folder_text(const fs::path& folder, const Checkpoint& checkpoint) {
  FolderText text;
  text.file = text_file(folder);
  text.tokenizer = load_tokenizer(text.file);
  const std::string name = text.file.filename().string();
  const auto format = chat_format(text.tokenizer->version());
  if (!format)
    throw Refused(name + " says version \"" + text.tokenizer->version() +
                  "\": its chat format is not known");
  text.format = *format;
  const ModelConfig& config = checkpoint.config();
  if (static_cast<std::int64_t>(text.tokenizer->size()) > config.text.vocabulary)
    throw Refused(name + " has " + std::to_string(text.tokenizer->size()) +
                  " tokens, the model has " + std::to_string(config.text.vocabulary));
  const Chat chat(*text.tokenizer, text.format);
  if (config.image_ids.image != chat.image())
    throw Refused("the image token is " + std::to_string(chat.image()) + " in " + name + " and " +
                  std::to_string(config.image_ids.image) + " in the config");
  return text;
}

}  // namespace tomoscribe::model
