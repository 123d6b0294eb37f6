package org.mneme.text;

import java.util.BitSet;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.node.ObjectNode;

/// WordPiece, which takes the longest token that fits from the left, and WordLevel.
///
/// A word whose tokens are all kept has the same ones afterwards: what fitted and was longest still
/// is. A word that was unknown as a whole may be known in smaller pieces, when the token that led
/// it astray is gone.
record WordModel(ObjectNode model) implements TokenModel {
  @Override
  public void complete(BitSet ids) {
    TokenModel.add(model.path("vocab"), model.path("unk_token").asString("[UNK]"), ids);
  }

  @Override
  public void cut(KeptRows kept) {
    if (model.get("vocab") instanceof ObjectNode vocabulary) {
      TokenModel.cut(vocabulary, kept);
    }
  }
}
