package org.mneme.generate;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.checkpoint.SafetensorsWriter;
import org.mneme.model.CausalConfig;
import org.mneme.model.DecodingState;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What a [TextGenerator] keeps of texts from one prompt to the next, in memory or in a file: what
/// its model keeps, which tokens were there, and the last token of each, which the model has not
/// read yet.
///
/// Owns its tensors. One thread at a time.
public final class TextState implements AutoCloseable {
  private static final String SEEN = "text.seen.";
  private static final String UNREAD = "text.unread";

  private final DecodingState model;
  private final BitSet[] seen; // of each text
  private int[] unread = new int[0]; // of each text, or empty

  /// An empty state for `rows` texts by a model of that config.
  public TextState(CausalConfig config, int rows) {
    model = DecodingState.of(config, rows);
    seen = new BitSet[rows];
    Arrays.setAll(seen, row -> new BitSet());
  }

  /// What the model keeps.
  DecodingState model() {
    return model;
  }

  int rows() {
    return seen.length;
  }

  /// Whether nothing came before.
  boolean isEmpty() {
    return model.tokens() == 0 && unread.length == 0;
  }

  /// The tokens that were in a text; written on.
  BitSet seen(int row) {
    return seen[row];
  }

  /// All texts have these tokens now.
  void see(int[] tokens) {
    for (BitSet one : seen) {
      Arrays.stream(tokens).forEach(one::set);
    }
  }

  /// The last token of each text was written, and is yet to be read.
  void write(int[] tokens) {
    unread = tokens.clone();
  }

  /// The model has read all that was written.
  void hasRead() {
    unread = new int[0];
  }

  /// A token of each text that the model is yet to read; empty where it has read all.
  int[] unread() {
    return unread.clone();
  }

  /// Writes it to `file`, which it replaces, as safetensors.
  public void write(Path file) {
    try (var scope = new TensorScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(model.state());
      for (int row = 0; row < seen.length; row++) {
        long[] ids = seen[row].stream().asLongStream().toArray();
        tensors.put(SEEN + row, Tensors.of(ids, ids.length));
      }
      long[] ids = Arrays.stream(unread).asLongStream().toArray();
      tensors.put(UNREAD, Tensors.of(ids, ids.length));
      SafetensorsWriter.write(file, tensors, Map.of());
    }
  }

  /// Keeps what `file` holds.
  ///
  /// @throws InvalidInputException of kind WEIGHTS where that is damaged, or of another model
  public void read(Path file) {
    try (var saved = SafetensorsFile.open(file);
        var scope = new TensorScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      saved.entries().keySet().forEach(name -> tensors.put(name, saved.tensor(name)));
      model.restore(tensors);
      for (int row = 0; row < seen.length; row++) {
        seen[row].clear();
        for (long id : Tensors.longs(Tensors.required(tensors, SEEN + row))) {
          seen[row].set(Math.toIntExact(id));
        }
      }
      int[] last =
          Arrays.stream(Tensors.longs(Tensors.required(tensors, UNREAD)))
              .mapToInt(Math::toIntExact)
              .toArray();
      if (last.length > 0 && last.length != seen.length) {
        throw new InvalidInputException(
            InvalidInputException.Kind.WEIGHTS,
            UNREAD,
            "%s has %d tokens for %d texts; take the state of as many texts"
                .formatted(UNREAD, last.length, seen.length));
      }
      unread = last;
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
