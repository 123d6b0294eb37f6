package org.mneme.train;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.model.Decoder;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Tensors;

/// Gradients of a decoder and of what goes into it, added up chunk by chunk.
///
/// @param hidden `[rows, dim]`, null like the others where nobody asks for it
/// @param weight `[vocabulary, dim]`
/// @param bias `[vocabulary]`
/// @param scale what all are multiplied by
record DecoderGradients(
    @Nullable Tensor hidden, @Nullable Tensor weight, @Nullable Tensor bias, double scale) {
  /// Room for those of what is trained, until the backward pass; none where no gradient is
  /// recorded.
  static DecoderGradients of(Decoder decoder, Tensor hidden, double scale) {
    boolean empty = hidden.size(0) == 0; // then nothing is ever added
    return new DecoderGradients(
        room(hidden, empty), room(decoder.weight(), empty), room(decoder.bias(), true), scale);
  }

  private static @Nullable Tensor room(@Nullable Tensor of, boolean zeroed) {
    if (of == null || !of.requires_grad() || !GradMode.is_enabled()) {
      return null;
    }
    Tensor room = torch.empty_like(of.detach());
    return JavaOperation.saved(zeroed ? room.zero_() : room);
  }

  /// Whether anyone asks for one.
  boolean areWanted() {
    return hidden != null || weight != null || bias != null;
  }

  /// Adds those of a chunk.
  ///
  /// @param from where its rows begin; the first chunk overwrites what was there
  /// @param byScores `[count, vocabulary]`, of the scores, unscaled
  void add(ScoredChunks chunks, long from, Tensor rows, Tensor byScores) {
    Scalar scaled = new Scalar(scale);
    if (bias != null) {
      var unused = bias.add_(byScores.sum(0), scaled);
    }
    Tensor factor = chunks.asFactor(byScores);
    if (hidden != null) {
      Tensor own = hidden.narrow(0, from, rows.size(0));
      var unused = own.copy_(factor.mm(chunks.weight()).mul_(scaled));
    }
    if (weight != null) {
      addToWeight(weight, factor.t(), rows, from == 0);
    }
  }

  private void addToWeight(Tensor weight, Tensor flipped, Tensor rows, boolean first) {
    Scalar scaled = new Scalar(scale);
    boolean fused = rows.scalar_type().intern() == weight.scalar_type().intern();
    if (fused && !Precision.isMedium()) {
      var unused = weight.addmm_(flipped, rows, new Scalar(first ? 0.0 : 1.0), scaled);
    } else if (first) {
      var unused = weight.copy_(flipped.mm(rows)).mul_(scaled);
    } else {
      var unused = weight.add_(flipped.mm(rows), scaled);
    }
  }

  /// For the decoder's inputs in their order, of an output whose gradient is `incoming`. Handed
  /// over without a copy where that is 1: for one backward pass.
  List<@Nullable Tensor> times(Tensor incoming) {
    boolean unchanged = Tensors.doubles(incoming)[0] == 1;
    List<@Nullable Tensor> products = new ArrayList<>();
    products.add(hidden == null || unchanged ? hidden : hidden.mul(incoming));
    products.add(weight == null || unchanged ? weight : weight.mul(incoming));
    products.add(bias == null || unchanged ? bias : bias.mul(incoming));
    return products;
  }
}
