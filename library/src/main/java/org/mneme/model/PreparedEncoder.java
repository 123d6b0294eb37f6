package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.kernel.Rehearsal;
import org.mneme.memory.kernel.Rows;
import org.mneme.tensor.OneDnn;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// An encoder made ready for inference: the weights of its products are copied once into the layout
/// that oneDNN multiplies fastest, in the precision that was asked for, and a batch is divided
/// between the caller and a helper.
///
/// Shares embeddings, norms and memories with the encoder it was made of, which has to outlive it;
/// later changes of other weights go unseen. Owns its copies. One thread at a time.
public final class PreparedEncoder implements AutoCloseable {
  private static final int PARTS = 2;

  private final BertEncoder encoder;
  private final Precision precision;
  private final Parameters copies = new Parameters();
  private final Workers workers = new Workers(PARTS);

  /// Prepares `encoder`.
  public PreparedEncoder(BertEncoder encoder, Precision precision) {
    this.precision =
        precision == Precision.BFLOAT16 && !OneDnn.multipliesBfloat16()
            ? Precision.FLOAT32
            : precision;
    boolean packs = OneDnn.isAvailable() && precision != Precision.MEDIUM;
    torch.ScalarType type =
        this.precision == Precision.BFLOAT16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Float;
    this.encoder = packs ? encoder.prepared(type, copies) : encoder;
  }

  /// Has the JVM compile the kernels that an encoder of that precision computes with, beside the
  /// caller: for a program that is about to load one, and wants its first batches soon.
  public static void rehearse(Precision precision) {
    switch (precision) {
      case FLOAT32 -> Rehearsal.begin(Rows.Type.FLOAT32);
      case BFLOAT16 -> Rehearsal.begin(Rows.Type.BFLOAT16);
      case MEDIUM -> {} // computes with libtorch's operations alone
    }
  }

  /// The sizes and settings.
  public BertConfig config() {
    return encoder.config();
  }

  /// The precision in effect: float32 where bfloat16 was asked for and this processor has no such
  /// products.
  public Precision precision() {
    return precision;
  }

  /// The last hidden state `[batch, time, dim]`, float32, without gradients.
  public Tensor encode(TokenInput input) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard();
        var products = precision.openForProcess()) {
      int parts = (int) Math.min(workers.count(), input.batch());
      if (parts < 2) {
        return scope.keep(Precision.widened(encoder.encode(input, false)));
      }
      Tensor hidden =
          Tensors.empty(
              torch.ScalarType.Float, input.batch(), input.time(), encoder.config().dim());
      List<Supplier<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < parts; i++) {
        long from = input.batch() * i / parts;
        long rows = input.batch() * (i + 1) / parts - from;
        tasks.add(() -> runPart(input, hidden, from, rows));
      }
      var unused = workers.all(tasks);
      return scope.keep(hidden);
    }
  }

  /// The same on the calling thread alone. Several threads may call it at once; where the precision
  /// is `MEDIUM`, whoever starts them opens it.
  public Tensor encodeAlone(TokenInput input) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      return scope.keep(Precision.widened(encoder.encode(input, false)));
    }
  }

  private boolean runPart(TokenInput input, Tensor hidden, long from, long rows) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      var unused =
          hidden.narrow(0, from, rows).copy_(encoder.encode(input.rows(from, rows), false));
      return true;
    }
  }

  @Override
  public void close() {
    workers.close();
    copies.close();
  }
}
