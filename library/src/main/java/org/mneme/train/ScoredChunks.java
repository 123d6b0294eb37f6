package org.mneme.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.model.Decoder;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What a decoder makes of rows, a chunk of them after the other in one buffer. All scores at once
/// would be hundreds of megabytes, for which the C library finds no room a second time.
///
/// Lives in the scope it is made in.
final class ScoredChunks {
  /// Of a chunk's scores in float32. Smaller ones cost time: each reads the weight and its
  /// gradient.
  private static final long BYTES = 64 << 20;

  private final Decoder decoder; // of the products' type
  private final Tensor hidden; // [rows, dim], the same
  private final Tensor products; // [chunk, vocabulary], the same
  private final Tensor scores; // [chunk, vocabulary], the products if these are no bfloat16

  /// What is done with a chunk.
  interface Chunk {
    /// Its tensors are gone afterwards.
    ///
    /// @param from where its rows begin among all
    /// @param rows `[count, dim]` of the products' type
    /// @param scores `[count, vocabulary]`, free to be changed
    void scored(long from, Tensor rows, Tensor scores);
  }

  /// Rows that are about to be scored.
  ///
  /// @param hidden `[rows, dim]`
  ScoredChunks(Decoder decoder, Tensor hidden, long rowsAtOnce) {
    torch.ScalarType own = decoder.weight().scalar_type().intern();
    boolean rounds = own == torch.ScalarType.Float && Autocast.isOpen();
    torch.ScalarType type = rounds ? torch.ScalarType.BFloat16 : own;
    this.decoder = decoder.as(type);
    this.hidden = hidden.detach().to(type);
    long count = Math.ceilDiv(hidden.size(0), rowsAtOnce); // chunks of like size
    long chunk = count == 0 ? 0 : Math.ceilDiv(hidden.size(0), count);
    products = Tensors.empty(type, chunk, decoder.weight().size(0));
    scores = Precision.widened(products);
  }

  /// How many rows are scored at once, at most. The bits of sums depend on it: it never changes.
  static long rowsAtOnce(long vocabulary) {
    return Math.max(1, BYTES / (vocabulary * Float.BYTES));
  }

  /// In which numbers one computes with scores.
  torch.ScalarType type() {
    return scores.scalar_type().intern();
  }

  /// Goes through all rows, without gradients and with autocast off: the caller sees to that.
  void forEach(Chunk chunk) {
    for (long from = 0; from < hidden.size(0); from += products.size(0)) {
      long count = Math.min(products.size(0), hidden.size(0) - from);
      try (var scope = new TensorScope()) {
        Tensor rows = hidden.narrow(0, from, count);
        Tensor product = products.narrow(0, 0, count);
        Tensor wide = scores.narrow(0, 0, count);
        decoder.scores(rows, product);
        if (rounds()) {
          var unused = wide.copy_(product);
        }
        chunk.scored(from, rows, wide);
      }
    }
  }

  private boolean rounds() {
    return products.scalar_type().intern() != type();
  }

  /// What became of a chunk's scores as a factor of products: these overwrite the buffer.
  Tensor asFactor(Tensor scores) {
    return rounds() ? products.narrow(0, 0, scores.size(0)).copy_(scores) : scores;
  }

  /// The decoder's weight as a factor, `[vocabulary, dim]`.
  Tensor weight() {
    return decoder.weight();
  }
}
