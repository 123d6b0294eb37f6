package org.mneme.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.SafetensorsFile.Entry;
import org.mneme.checkpoint.VocabularyTensors.Part;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.TensorScope;

/// Tensors of one folder on their way into another, whole or some rows of them. Nothing is read
/// before it is written.
final class RowContents {
  private RowContents() {}

  /// The tensor `name` as it is.
  static TensorContent copy(Weights weights, String name) {
    Entry entry = weights.entry(name);
    return new TensorContent(entry.dtype(), entry.shape(), sink -> sink.write(weights.bytes(name)));
  }

  /// The rows `kept` of the tensor `name`.
  static TensorContent cut(Weights weights, String name, KeptRows kept) {
    Entry entry = weights.entry(name);
    return new TensorContent(
        entry.dtype(),
        shape(entry, kept.size()),
        sink -> {
          try (FileRows rows = weights.rows(name)) {
            rows.only(kept).writer().writeTo(sink);
          }
        });
  }

  private static List<Long> shape(Entry entry, long rows) {
    List<Long> shape = new ArrayList<>(entry.shape());
    shape.set(0, rows);
    return shape;
  }

  /// Bytes of all tensors.
  static long bytes(Weights weights) {
    return weights.names().stream().mapToLong(name -> weights.entry(name).bytes()).sum();
  }

  /// The same.
  static long bytes(Map<String, TensorContent> contents) {
    return contents.values().stream().mapToLong(TensorContent::bytes).sum();
  }

  /// The whole of a matrix whose rows `kept` are the tensor `name` of `small`; the others come from
  /// what is the same in `base`, else they are zero.
  static TensorContent restored(
      Weights small, String name, Weights base, VocabularyTensors other, KeptRows kept, Part part) {
    String from =
        other.parts().get(name) == part ? name : other.first(part).orElse(fallback(other, part));
    Entry entry = small.entry(name);
    return new TensorContent(
        entry.dtype(),
        shape(entry, kept.all()),
        sink -> {
          try (var scope = new TensorScope()) {
            Tensor own = small.tensor(name);
            if (from.isEmpty()) {
              OtherRows.overZeros(own, kept).writer().writeTo(sink);
              return;
            }
            try (FileRows rows = base.rows(from)) {
              rows.with(own, kept).writer().writeTo(sink);
            }
          }
        });
  }

  /// A tied decoder is the word embeddings; what the base has not begins at zero.
  private static String fallback(VocabularyTensors base, Part part) {
    return part == Part.DECODER && base.tied() ? base.words() : "";
  }
}
