package org.mneme.text;

import java.util.BitSet;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Unigram, which takes the tokens with the largest sum of scores. The id of a token is its place
/// in the list.
///
/// The score of what is unknown is that of the worst token less ten, so the worst token stays: then
/// every other way to cut a text scores at most what it did, and the best stays the best.
record UnigramModel(ObjectNode model) implements TokenModel {
  @Override
  public void complete(BitSet ids) {
    int worst = 0;
    boolean bytes = model.path("byte_fallback").asBoolean(false);
    JsonNode vocabulary = model.path("vocab");
    for (int id = 0; id < vocabulary.size(); id++) {
      JsonNode token = vocabulary.path(id);
      worst = score(token) < score(vocabulary.path(worst)) ? id : worst;
      if (bytes && MergeModel.isByte(token.path(0).asString(""))) {
        ids.set(id);
      }
    }
    ids.set(worst);
    if (model.path("unk_id").isInt()) {
      ids.set(model.path("unk_id").intValue());
    }
  }

  private static double score(JsonNode token) {
    return token.path(1).asDouble(0);
  }

  @Override
  public void cut(KeptRows kept) {
    if (!(model.get("vocab") instanceof ArrayNode vocabulary)) {
      return;
    }
    ArrayNode all = vocabulary.deepCopy();
    vocabulary.removeAll();
    kept.ids().filter(id -> id < all.size()).forEach(id -> vocabulary.add(all.get(id)));
    if (model.path("unk_id").isInt()) {
      var unused = model.put("unk_id", kept.place(model.path("unk_id").intValue()));
    }
  }
}
