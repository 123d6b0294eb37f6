package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;
import org.mneme.evaluate.MinimalPairs.Pair;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;

class MinimalPairsTest {
  @Test
  void likelihoodsAreThoseOfEachSentenceAlone() {
    List<String> sentences = TinyModel.sentences(300, 7);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i + 1 < sentences.size(); i += 2) {
      pairs.add(new Pair(sentences.get(i), sentences.get(i + 1)));
    }
    pairs.add(new Pair(sentences.getFirst(), sentences.getFirst()));
    try (Tokenizer tokenizer = TinyModel.tokenizer();
        var model = new CausalLanguageModel(TinyModel.causal(), 3)) {
      MinimalPairs.Result result = MinimalPairs.evaluate(model, tokenizer, pairs, 40);
      assertEquals(151, result.pairs());
      int right = 0;
      for (int i = 0; i < pairs.size(); i++) {
        double good = likelihood(model, tokenizer, pairs.get(i).good());
        double bad = likelihood(model, tokenizer, pairs.get(i).bad());
        assertEquals(good, result.likelihoods()[2 * i], 1e-3);
        assertEquals(bad, result.likelihoods()[2 * i + 1], 1e-3);
        right += good > bad ? 1 : 0;
      }
      assertEquals(right, result.right());
      assertEquals(right / 151.0, result.accuracy(), 1e-12);
    }
  }

  private static double likelihood(CausalLanguageModel model, Tokenizer tokenizer, String text) {
    int[] ids =
        IntStream.concat(
                tokenizer.specialTokens().eos().stream(),
                Arrays.stream(tokenizer.tokens(text).ids()))
            .toArray();
    try (var scope = new TensorScope()) {
      long[] all = Arrays.stream(ids).asLongStream().toArray();
      var input = new TokenInput(Tensors.of(all, 1, all.length), null, null);
      long[] positions = IntStream.range(0, ids.length).asLongStream().toArray();
      var logits = model.logits(input, Tensors.of(positions, positions.length), false);
      double[] logarithms = Tensors.doubles(logits.log_softmax(1));
      double sum = 0;
      for (int i = 0; i + 1 < ids.length; i++) {
        sum += logarithms[i * 104 + ids[i + 1]];
      }
      return sum;
    }
  }
}
