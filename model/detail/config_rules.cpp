#include "model/detail/config_rules.h"

#include "model/refused.h"

namespace tomoscribe::model::detail {

namespace {

class Rules {
 public:
  explicit Rules(const std::string& file) : file_(file) {}
  void need(bool truth, const std::string& what) const {
    if (!truth) throw Refused(file_ + " contradicts itself: " + what);
  }

 private:
  const std::string& file_;
};

std::string n(std::int64_t number) {
  return std::to_string(number);
}

void check_text(const TextConfig& text, const Rules& rules) {
  rules.need(text.heads % text.kv_heads == 0, "the decoder's " + n(text.heads) +
                                                  " heads cannot share " + n(text.kv_heads) +
                                                  " key-value heads evenly");
  rules.need(text.head_dim % 2 == 0,
             "the decoder's head_dim is " + n(text.head_dim) + ", but rotary positions turn pairs");
  rules.need(text.heads * text.head_dim <= widest,
             "the decoder's heads are " + n(text.heads * text.head_dim) + " wide together, and " +
                 n(widest) + " is the most");
}

void check_vision(const ModelConfig& config, const Rules& rules) {
  const VisionConfig& vision = config.vision;
  rules.need(vision.heads * vision.head_dim == vision.hidden,
             "the vision encoder's " + n(vision.heads) + " heads of " + n(vision.head_dim) +
                 " do not make its width of " + n(vision.hidden));
  rules.need(vision.head_dim % 4 == 0, "the vision encoder's head_dim is " + n(vision.head_dim) +
                                           ", but rotary positions of two axes turn pairs of each");
  const std::int64_t cell = vision.patch_size * config.projector.spatial_merge;
  rules.need(vision.image_size >= cell, "an image of " + n(vision.image_size) +
                                            " pixels is smaller than one token's " + n(cell));
}

void check_ids(const ModelConfig& config, const Rules& rules) {
  const ImageIds& ids = config.image_ids;
  for (const std::int64_t id : {ids.image, ids.row_break.value_or(0), ids.end.value_or(0)})
    rules.need(
        id < config.text.vocabulary,
        "image token id " + n(id) + " lies outside the vocabulary of " + n(config.text.vocabulary));
  rules.need(
      ids.row_break != ids.image && ids.end != ids.image && (!ids.end || ids.end != ids.row_break),
      "two of the image token ids are the same");
}

}  // namespace

void check_consistent(const ModelConfig& config, const std::string& file) {
  const Rules rules(file);
  check_text(config.text, rules);
  check_vision(config, rules);
  check_ids(config, rules);
  rules.need(config.projector.merger || config.projector.spatial_merge == 1,
             "spatial_merge_size is " + n(config.projector.spatial_merge) + " but nothing merges");
}

}  // namespace tomoscribe::model::detail
