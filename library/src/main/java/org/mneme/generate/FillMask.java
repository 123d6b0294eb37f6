package org.mneme.generate;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.InvalidInputException;
import org.mneme.data.TokenBatch;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Encoding;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// Proposes words for the masks of a text.
///
/// Uses the model and the tokenizer it is given and owns neither. One thread at a time.
public final class FillMask {
  private final MaskedLanguageModel model;
  private final Tokenizer tokenizer;

  /// @param tokenizer the model's own
  public FillMask(MaskedLanguageModel model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// One proposal.
  ///
  /// @param token as it is read, without a sign of its being a word's part
  /// @param score probability, in [0, 1]
  /// @param sequence the text with this token at this mask and the best ones at the others
  public record Proposal(int id, String token, double score, String sequence) {}

  /// The `top` best proposals for each mask of `text`, masks in the text's order, best first.
  ///
  /// @throws InvalidInputException of kind DATA when the text has no mask or is too long
  public List<List<Proposal>> fill(String text, int top) {
    int mask =
        tokenizer
            .specialTokens()
            .mask()
            .orElseThrow(
                () -> problem("tokenizer", "the tokenizer has no mask token; take another model"));
    Encoding encoding = tokenizer.encode(text, EncodingOptions.DEFAULT);
    List<Integer> masks = new ArrayList<>();
    for (int i = 0; i < encoding.ids().length; i++) {
      if (encoding.ids()[i] == mask) {
        masks.add(i);
      }
    }
    String written = tokenizer.vocabulary().token(mask).orElse("[MASK]");
    if (masks.isEmpty()) {
      throw problem(
          text, "\"" + text + "\" has no mask; write " + written + " where a word is wanted");
    }
    return propose(encoding.ids(), masks.stream().mapToLong(i -> i).toArray(), top);
  }

  private List<List<Proposal>> propose(int[] ids, long[] masks, int top) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      TokenBatch batch = TokenBatch.of(List.of(ids), model.config().padId());
      Tensor targets = Tensors.of(masks, masks.length);
      Tensor logits = model.logits(MaskedInput.of(batch), targets, false); // [masks, vocabulary]
      var best = logits.softmax(1).topk(Math.min(top, model.config().vocabulary()));
      double[] scores = Tensors.doubles(best.get0());
      long[] tokens = Tensors.longs(best.get1());
      int width = tokens.length / masks.length;
      List<List<Proposal>> proposals = new ArrayList<>();
      for (int m = 0; m < masks.length; m++) {
        List<Proposal> own = new ArrayList<>();
        for (int i = 0; i < width; i++) {
          int id = (int) tokens[m * width + i];
          int[] filled = ids.clone();
          for (int other = 0; other < masks.length; other++) {
            filled[(int) masks[other]] = (int) tokens[other * width];
          }
          filled[(int) masks[m]] = id;
          String token = tokenizer.decode(new int[] {id}, false).strip();
          String word = token.startsWith("##") ? token.substring(2) : token;
          own.add(new Proposal(id, word, scores[m * width + i], tokenizer.decode(filled, true)));
        }
        proposals.add(own);
      }
      return proposals;
    }
  }

  private static InvalidInputException problem(String key, String message) {
    return new InvalidInputException(InvalidInputException.Kind.DATA, key, message);
  }
}
