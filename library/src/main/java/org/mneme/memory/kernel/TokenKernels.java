package org.mneme.memory.kernel;

import org.mneme.tensor.OneDnn.After;

/// The inner loops of a model that reads one more token of a text: its products, which take as long
/// as their weights take to come from memory, and what stands between them.
///
/// Two implementations: one with the Vector API, one in plain Java. All numbers are float32, but
/// for the weights of products, which may be bfloat16 and are widened on their way; sums are
/// float32, in an order that depends on nothing but the length. Numbers are given by their
/// addresses; where a range is given, what is computed does not depend on where it begins and ends.
/// Implementations hold no state.
public sealed interface TokenKernels permits PlainTokenKernels, VectorTokenKernels {
  /// Numbers behind the last one that the scores of [#attend] need room for.
  int SPARE = 64;

  /// Those with the Vector API where that becomes vector instructions, else the plain ones.
  static TokenKernels get() {
    return KernelChoice.compilesVectors() ? new VectorTokenKernels() : new PlainTokenKernels();
  }

  /// `out[i] = <row i, x> + bias[i]` for rows from `from` to `to`.
  ///
  /// @param weights `[out, in]`
  /// @param bias `[out]`; 0 for none
  /// @param x `[in]`
  /// @param out `[out]`
  void product(Rows weights, long bias, long x, long out, int from, int to);

  /// `out = weight * x / sqrt(mean(x^2) + eps)`, all `[dim]` (Zhang & Sennrich 2019).
  void rmsNorm(long x, long weight, float eps, int dim, long out);

  /// `out = weight * (x - mean(x)) / sqrt(variance(x) + eps) + bias`, all `[dim]` (Ba et al. 2016).
  void layerNorm(long x, long weight, long bias, float eps, int dim, long out);

  /// Turns number `i` of the first half of `x` and number `i` of its second as a pair, in place (Su
  /// et al. 2021).
  ///
  /// @param x `[2 * half]`
  /// @param cosines `[half]`, like `sines`
  void turn(long x, long cosines, long sines, int half);

  /// `out = softmax(scale K query) V` (Vaswani et al. 2017).
  ///
  /// @param query `[dim]`, like `out`
  /// @param keys `[count, dim]`, like `values`
  /// @param count at least 1
  /// @param scores room for `count` numbers and [#SPARE] more
  void attend(long query, Rows keys, long values, int count, float scale, long scores, long out);

  /// `x[i] = after(x[i])` for `count` numbers: GELU to 2e-7, the others to a few of the last bits.
  ///
  /// @param room for as many numbers more
  void activate(After after, long x, int count, long room);

  /// `x[i] *= factors[i]`
  void multiply(long x, long factors, int count);

  /// `x[i] += summands[i]`
  void add(long x, long summands, int count);

  /// `to[i] = from[i]`
  void copy(long from, long to, int count);
}
