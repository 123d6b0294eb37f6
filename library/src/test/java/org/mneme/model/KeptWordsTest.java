package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.CrossEntropy;

class KeptWordsTest {
  private static final KeptRows ROWS =
      new KeptRows(104, IntStream.range(0, 104).filter(id -> id % 3 != 1).toArray());
  private static final long[] IDS = {2, 5, 9, 23, 3, 2, 50, 51, 3, 0};
  private static final long[] LABELS = {9, 77, 50};

  @TempDir private Path temp;

  private Path saved(ArchitectureConfig sizes) {
    Path folder = temp.resolve(sizes.causal() ? "causal" : "masked");
    try (PretrainedModel fresh = PretrainedModel.create(sizes, TinyModel.resources(), 3)) {
      fresh.save(folder);
    }
    return folder;
  }

  private static PretrainedModel open(Path folder, @Nullable KeptWords kept) {
    return PretrainedModel.loadWithHead(folder, 1, config -> config.withKeptWords(kept));
  }

  private static TokenInput input() {
    return new TokenInput(Tensors.of(IDS, 2, 5), null, null);
  }

  private static Tensor hidden(LanguageModel model) {
    return model.base().encodeTargets(input(), Tensors.of(new long[] {2, 3, 7}, 3), true);
  }

  /// A decoder that is tied, or not, scores the words that are kept; the softmax is over these.
  @Test
  void theLossIsThatOfTheFullModelOverTheWordsThatAreKept() {
    for (var sizes : new ArchitectureConfig[] {TinyModel.config(), TinyModel.causal()}) {
      Path folder = saved(sizes);
      try (var full = open(folder, null);
          var partial = open(folder, new KeptWords(ROWS, OptionalInt.empty()));
          var scope = new TensorScope()) {
        LanguageModel whole = full.languageModel();
        LanguageModel some = partial.languageModel();
        Tensor hidden = hidden(whole);
        assertArrayEquals(Tensors.floats(hidden), Tensors.floats(hidden(some)));
        long[] ids = ROWS.ids().asLongStream().toArray();
        Tensor scores = whole.decode(hidden).index_select(1, Tensors.of(ids, ids.length));
        long[] places = {ROWS.place(9), ROWS.place(77), ROWS.place(50)};
        Tensor wanted =
            torch.cross_entropy_loss(
                scores, Tensors.of(places, 3), new TensorOptional(), 1, -100, 0);
        Tensor loss = CrossEntropy.PLAIN.mean(some, hidden(some), Tensors.of(LABELS, 3), 3);
        assertEquals(wanted.item_double(), loss.item_double(), 1e-6);
        wanted.backward();
        loss.backward();
        sameGradients(whole, some);
      }
    }
  }

  private static void sameGradients(LanguageModel whole, LanguageModel some) {
    some.parameters()
        .trained()
        .forEach((name, parameter) -> {
          Tensor own = parameter.grad();
          Tensor other = whole.parameters().get(name).grad();
          if (own.defined()) {
            long[] ids = ROWS.ids().asLongStream().toArray();
            Tensor compared =
                some.parameters().kept(name).isPresent()
                    ? other.index_select(0, Tensors.of(ids, ids.length))
                    : other;
            assertArrayEquals(Tensors.floats(compared), Tensors.floats(own), 1e-5f, name);
          }
        });
  }

  @Test
  void wordsThatAreLeftOutAreAnErrorOrUnknown() {
    Path folder = saved(TinyModel.config());
    KeptRows some = new KeptRows(104, 0, 1, 2, 3, 5, 9, 23);
    try (var strict = open(folder, new KeptWords(some, OptionalInt.empty()));
        var lenient = open(folder, new KeptWords(some, OptionalInt.of(1)));
        var full = open(folder, null);
        var scope = new TensorScope()) {
      InvalidInputException error =
          assertThrows(InvalidInputException.class, () -> strict.base().encode(input(), false));
      assertTrue(error.getMessage().contains("50"), error.getMessage());
      long[] unknown = IDS.clone();
      unknown[6] = 1;
      unknown[7] = 1;
      TokenInput read = new TokenInput(Tensors.of(unknown, 2, 5), null, null);
      assertArrayEquals(
          Tensors.floats(full.base().encode(read, false)),
          Tensors.floats(lenient.base().encode(input(), false)));
      assertThrows(IllegalArgumentException.class, () -> new KeptWords(some, OptionalInt.of(50)));
    }
  }
}
