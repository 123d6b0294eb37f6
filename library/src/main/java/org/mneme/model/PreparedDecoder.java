package org.mneme.model;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.Rehearsal;
import org.mneme.memory.kernel.Rows;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// A causal model made ready to go on with texts. Those with keys and values read several tokens at
/// once by libtorch, and one more token of each text by our own kernels, which take as long as the
/// weights take to come from memory. Recurrent models compute as they are.
///
/// In [Precision#BFLOAT16] the weights of products are kept in bfloat16, half of the bytes, and
/// widened as they are read; other numbers are float32. In [Precision#MEDIUM] only texts that are
/// read several tokens at once have such products.
///
/// Shares embeddings, norms, memories and float32 weights with the model it was made of, which has
/// to outlive it and to stay as it is. Owns its copies. One thread at a time.
public final class PreparedDecoder implements AutoCloseable {
  private static final int PARTS = 2; // of the tokens that are read at once

  private final CausalLanguageModel model;
  private final Precision precision;
  private final Parameters copies = new Parameters();
  private final Reader reader;

  /// How tokens are read.
  private sealed interface Reader extends AutoCloseable {
    /// See [PreparedDecoder#scores].
    float[][] scores(TokenInput input);

    @Override
    void close();
  }

  /// Prepares `model`.
  public PreparedDecoder(CausalLanguageModel model, Precision precision) {
    this.model = model;
    this.precision = precision;
    reader =
        switch (model.base()) {
          case CausalTransformer base -> new StepReader(base);
          case TransformerXl _ -> new PlainReader();
          case BertEncoder _ -> throw new IllegalStateException("an encoder goes on with nothing");
        };
  }

  /// Has the JVM compile the kernels that a model of that precision computes with, beside the
  /// caller: for a program that is about to load one, and wants its first tokens soon.
  public static void rehearse(Precision precision) {
    Rehearsal.beginTokens(precision == Precision.BFLOAT16 ? Rows.Type.BFLOAT16 : Rows.Type.FLOAT32);
  }

  /// The sizes and settings.
  public CausalConfig config() {
    return model.config();
  }

  /// Reads the next tokens of all texts; scores of the words after them, by row.
  ///
  /// @param state what was read before; has read these tokens, too, afterwards
  /// @param ids of `rows` texts, row after row, as many of each
  public float[][] scores(DecodingState state, long[] ids, int rows) {
    int time = ids.length / rows;
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard();
        var products = precision.openForProcess()) {
      float[][] scores = reader.scores(state.next(Tensors.of(ids, rows, time)));
      state.advance(time);
      return scores;
    }
  }

  /// The places of each row's last token in the flat list.
  private static Tensor last(TokenInput input) {
    long[] last = new long[Math.toIntExact(input.batch())];
    Arrays.setAll(last, row -> (row + 1L) * input.time() - 1);
    return Tensors.of(last, last.length);
  }

  /// By kernels of our own where one token is read.
  private final class StepReader implements Reader {
    private final Workers workers = new Workers(PARTS);
    private final CausalTransformer.Prepared base;
    private final PreparedLinear head;
    private @Nullable TokenSteps steps;

    StepReader(CausalTransformer trained) {
      torch.ScalarType type =
          precision == Precision.BFLOAT16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
      var how = new Preparation(type, copies, workers);
      base = trained.prepared(how);
      head =
          switch (model.head()) {
            case WordHead.Plain(Decoder plain) ->
                PreparedLinear.of(plain.weight(), plain.bias(), how, "head");
            case AdaptiveHead _ -> throw new IllegalStateException("of recurrent models alone");
          };
    }

    @Override
    public float[][] scores(TokenInput input) {
      TokenSteps steps = stepsFor(Math.toIntExact(input.batch()));
      KeyValueCache cache = input.cache();
      if (input.time() == 1 && cache != null) {
        return steps.step(input, cache);
      }
      // a task, so that threads inside of operations do not wait for each other either
      Supplier<Tensor> whole = () -> base.whole().encodeTargets(input, last(input), false);
      return steps.scores(workers.all(List.of(whole)).getFirst());
    }

    private TokenSteps stepsFor(int rows) {
      TokenSteps now = steps;
      if (now != null && now.rows() == rows) {
        return now;
      }
      closeSteps();
      now = new TokenSteps(base, head, rows);
      steps = now;
      return now;
    }

    @Override
    public void close() {
      closeSteps();
      workers.close();
    }

    private void closeSteps() {
      if (steps != null) {
        steps.close();
        steps = null;
      }
    }
  }

  /// By the model itself.
  private final class PlainReader implements Reader {
    @Override
    public float[][] scores(TokenInput input) {
      try (var products = precision.openForThread()) {
        Tensor logits = model.logits(input, last(input), false); // [rows, vocabulary]
        int words = Math.toIntExact(logits.size(1));
        float[] all = Tensors.floats(logits);
        float[][] byRow = new float[Math.toIntExact(input.batch())][];
        Arrays.setAll(byRow, row -> Arrays.copyOfRange(all, row * words, (row + 1) * words));
        return byRow;
      }
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    reader.close();
    copies.close();
  }
}
