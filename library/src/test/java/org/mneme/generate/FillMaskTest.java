package org.mneme.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.generate.FillMask.Proposal;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;

class FillMaskTest {
  @TempDir private static Path temp;
  private static PretrainedModel model;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() {
    Path folder = TinyModel.golden("hf_bert_mlm", temp.resolve("model"));
    model = PretrainedModel.load(folder);
    tokenizer = Tokenizer.load(folder);
  }

  @AfterAll
  static void close() {
    model.close();
    tokenizer.close();
  }

  private static List<List<Proposal>> fill(String text, int top) {
    return new FillMask(model.maskedLanguageModel(), tokenizer).fill(text, top);
  }

  /// The probabilities of all words at place `at` of the text.
  private static double[] probabilities(String text, int at) {
    try (var scope = new TensorScope()) {
      var batch = TokenBatch.of(List.of(tokenizer.encode(text).ids()), 0);
      double[] logits =
          Tensors.doubles(
              model
                  .maskedLanguageModel()
                  .logits(MaskedInput.of(batch), Tensors.of(new long[] {at}, 1), false));
      double sum = Arrays.stream(logits).map(Math::exp).sum();
      return Arrays.stream(logits).map(logit -> Math.exp(logit) / sum).toArray();
    }
  }

  @Test
  void proposalsAreTheMostProbableWordsBestFirst() {
    String text = "the cat [MASK] on the tree";
    double[] expected = probabilities(text, 3);
    List<Proposal> all = fill(text, 104).getFirst();
    assertEquals(104, new HashSet<>(all.stream().map(Proposal::id).toList()).size());
    for (int i = 0; i < all.size(); i++) {
      assertEquals(expected[all.get(i).id()], all.get(i).score(), 1e-6);
      assertTrue(i == 0 || all.get(i).score() <= all.get(i - 1).score());
    }
    assertEquals(1, all.stream().mapToDouble(Proposal::score).sum(), 1e-5);
    assertEquals(all.subList(0, 3), fill(text, 3).getFirst());
    assertEquals(104, fill(text, 1000).getFirst().size());
  }

  @Test
  void tokensAreReadWithoutTheSignOfAPart() {
    for (Proposal proposal : fill("the [MASK]", 104).getFirst()) {
      String written = tokenizer.vocabulary().token(proposal.id()).orElseThrow();
      assertEquals(written.replace("##", ""), proposal.token());
    }
  }

  @Test
  void severalMasksComeInTheOrderOfTheText() {
    String text = "[MASK] dog runs near [MASK] [MASK] river";
    List<List<Proposal>> masks = fill(text, 4);
    assertEquals(3, masks.size());
    int[] places = {1, 5, 6};
    for (int m = 0; m < 3; m++) {
      double[] expected = probabilities(text, places[m]);
      int best = 0;
      for (int id = 0; id < expected.length; id++) {
        best = expected[id] > expected[best] ? id : best;
      }
      assertEquals(best, masks.get(m).getFirst().id());
      assertEquals(4, masks.get(m).size());
    }
  }

  @Test
  void sequencesHoldTheBestOfTheOtherMasks() {
    List<List<Proposal>> masks = fill("[MASK] dog runs near [MASK] river", 5);
    int[] ids = tokenizer.encode("[MASK] dog runs near [MASK] river").ids();
    for (int m = 0; m < 2; m++) {
      for (Proposal proposal : masks.get(m)) {
        int[] filled = ids.clone();
        filled[1] = masks.get(0).getFirst().id();
        filled[5] = masks.get(1).getFirst().id();
        filled[m == 0 ? 1 : 5] = proposal.id();
        assertEquals(tokenizer.decode(filled, true), proposal.sequence());
      }
    }
    assertEquals(masks.get(0).getFirst().sequence(), masks.get(1).getFirst().sequence());
  }

  @Test
  void aTextWithoutAMaskIsRefusedWithWhatToWrite() {
    for (String text : List.of("the cat sits", "", "the [mask]ed cat <mask>")) {
      var problem = assertThrows(InvalidInputException.class, () -> fill(text, 3));
      assertEquals(InvalidInputException.Kind.DATA, problem.kind());
      assertTrue(problem.getMessage().contains("[MASK]"), problem.getMessage());
    }
  }

  @Test
  void aTextLongerThanTheModelIsRefused() {
    var problem =
        assertThrows(InvalidInputException.class, () -> fill("[MASK] " + "cat ".repeat(40), 3));
    assertEquals(InvalidInputException.Kind.DATA, problem.kind());
    assertTrue(problem.getMessage().contains("43"), problem.getMessage());
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    List<Proposal> first = fill("the cat [MASK]", 3).getFirst();
    long before = PointerCount.settled();
    for (int i = 0; i < 5; i++) {
      assertEquals(first, fill("the cat [MASK]", 3).getFirst());
    }
    assertEquals(before, PointerCount.now());
    assertArrayEquals(new int[] {2, 62, 67, 4, 3}, tokenizer.encode("the cat [MASK]").ids());
  }
}
